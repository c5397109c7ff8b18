#!/usr/bin/env bash
# The program for Windows under Wine, where both are there: version, settings, a server, a simulated portal. A quarter of
# an hour at most.
#   scripts/wine-smoke.sh [FOLDER with gachno.exe]
set -euo pipefail
cd "$(dirname "$0")/.."
folder="${1:-target/windows/files}"
wine=$(command -v wine || true)
if [ -z "$wine" ] || [ ! -f "$folder/gachno.exe" ]; then
  echo "wine-smoke: no wine or no $folder/gachno.exe here (scripts/windows.sh), not tried"
  exit 0
fi
if [ -z "${WINE_SMOKE:-}" ]; then
  WINE_SMOKE=1 exec timeout 900 bash "$0" "$folder"
fi

work=$(mktemp -d)
export WINEPREFIX="$work/wine" WINEDEBUG=-all GACHNO_PASSPHRASE="only for a test"
# A home with spaces and letters of here.
home="$work/Người dùng 100%"
mkdir -p "$home"
GACHNO_HOME=$(wine winepath -w "$home" 2>/dev/null | tr -d '\r')
export GACHNO_HOME
begun=()
ended() {
  for pid in "${begun[@]}"; do kill "$pid" 2>/dev/null || true; done
  wineserver -k 2>/dev/null || true
  rm -rf "$work"
}
trap ended EXIT
fail() { echo "wine-smoke: $*" >&2; exit 1; }
gachno() { wine "$folder/gachno.exe" "$@" 2>>"$work/errors" | tr -d '\r'; }

gachno --version | grep -q '^gachno [0-9]' || fail "no version: $(cat "$work/errors")"
gachno config set operator 'Chị Lan' >/dev/null
[ "$(gachno config get operator)" = 'Chị Lan' ] || fail "a setting is not what was set"
printf '246810' | gachno config set portal.pin --stdin >/dev/null
[ "$(gachno config get portal.pin)" = '********' ] || fail "a secret shows"
! grep -q 246810 "$home/config.json" || fail "a secret is in clear"
gachno completions powershell | grep -q gachno || fail "no completions"

# Waits until a program has said where it listens.
waits() { # FILE → address
  for _ in $(seq 120); do
    local address
    address=$(grep -ao 'http://127.0.0.1:[0-9]*' "$1" | head -1)
    [ -z "$address" ] || { echo "$address"; return; }
    sleep 0.5
  done
  fail "no address: $(cat "$1")"
}
wine "$folder/gachno.exe" sandbox >"$work/sandbox" 2>&1 &
begun+=($!)
wine "$folder/gachno.exe" serve --listen 127.0.0.1:0 >"$work/serve" 2>&1 &
begun+=($!)
address=$(waits "$work/sandbox")
curl -fsS -o /dev/null --max-time 20 "$address/" || fail "the simulated portal does not answer"
address=$(waits "$work/serve")
curl -fsSL -o /dev/null --max-time 20 "$address/" || fail "the server does not answer"
gachno ledger verify >/dev/null || fail "the ledger: $(cat "$work/errors")"
echo "wine-smoke: good"
