#!/usr/bin/env bash
# Makes every picture of docs/huong-dan and the moving one of the README anew, by using the program as its users do: the
# portal's simulator, a server, counters with their window on a screen of their own (1366×768), the admin in a browser.
# All of it lies in a folder of its own on free ports and is gone when it ends, however it ends. Some ten minutes.
#
#   scripts/guide.sh [PROGRAM]                       all pictures, then the check; default: target/debug/gachno
#   scripts/guide.sh [PROGRAM] --only admin          the admin's pictures alone (also: window, moving)
#   scripts/guide.sh --check                         no pictures: holds pages, links, pictures and words against each other
#
# Look at every picture before it is committed. Beside what scripts/install.sh brings it needs, on Debian or Ubuntu:
#   apt-get install python3-gi gir1.2-atspi-2.0 at-spi2-core python3-pil
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# Not one of another place: it has to see Debian's packages.
python=/usr/bin/python3
export PYTHONDONTWRITEBYTECODE=1

if [ "${1:-}" = --check ]; then
  exec "$python" "$here/guide/check.py"
fi

program="$here/../target/debug/gachno"
if [ "$#" -gt 0 ] && [ "${1#--}" = "$1" ]; then
  program=$1
  shift
fi
if [ ! -x "$program" ]; then
  echo "$program is not there: cargo build, or name another one." >&2
  exit 1
fi

missing=()
for command in Xvfb openbox xdotool xclip dbus-daemon chromium chromedriver; do
  command -v "$command" >/dev/null || missing+=("$command")
done
"$python" -c 'import gi; gi.require_version("Atspi", "2.0"); from gi.repository import Atspi' 2>/dev/null || missing+=(gir1.2-atspi-2.0)
"$python" -c 'from PIL import features; assert features.check("webp_anim") and features.check("xcb")' 2>/dev/null || missing+=(python3-pil)
if [ "${#missing[@]}" -gt 0 ]; then
  echo "Missing: ${missing[*]}. scripts/install.sh brings most of it; the rest: apt-get install python3-gi gir1.2-atspi-2.0 at-spi2-core python3-pil" >&2
  exit 1
fi

"$python" "$here/guide/tour.py" "$program" "$@"
"$python" "$here/guide/check.py"
