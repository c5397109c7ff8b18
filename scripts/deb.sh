#!/usr/bin/env bash
# Debian packages: `gachno` with the window, `gachno-server` without it, with a service.
#   scripts/deb.sh [--only gachno|gachno-server] [--binary FILE] [--version V] [--out FOLDER] [--fast]
# Without --binary the program is built for each package (release). --fast: not packed, for tests.
set -euo pipefail
cd "$(dirname "$0")/.."

only="" binary="" out="target/deb" packing=(-Zxz)
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
while [ $# -gt 0 ]; do
  case "$1" in
    --only) only=$2; shift 2 ;;
    --binary) binary=$2; shift 2 ;;
    --version) version=$2; shift 2 ;;
    --out) out=$2; shift 2 ;;
    --fast) packing=(-Znone); shift ;;
    *) sed -n '2,5s/^# //p' "$0" >&2; exit 2 ;;
  esac
done
command -v dpkg-deb >/dev/null || { echo "dpkg-deb is missing: packages are made on Debian or Ubuntu" >&2; exit 1; }
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
arch=$(dpkg --print-architecture)

# Documents, pages of the manual and completions, in both.
common() { # NAME ROOT PROGRAM
  local name=$1 root=$2 program=$3 doc="$2/usr/share/doc/$1"
  install -D -m 0755 "$program" "$root/usr/bin/gachno"
  install -D -m 0644 CHANGELOG.md "$doc/changelog"
  gzip -9n "$doc/changelog"
  { echo "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"; echo; echo "Files: *"
    sed -n 's/^Copyright (c) /Copyright: /p' LICENSE; echo "License: Expat"; sed 's/^$/./; s/^/ /' LICENSE; } >"$doc/copyright"
  mkdir -p "$root/usr/share/man/man1" "$root/usr/share/bash-completion/completions" "$root/usr/share/zsh/vendor-completions" \
    "$root/usr/share/fish/vendor_completions.d"
  "$program" man "$root/usr/share/man/man1"
  gzip -9n "$root"/usr/share/man/man1/*
  "$program" completions bash >"$root/usr/share/bash-completion/completions/gachno"
  "$program" completions zsh >"$root/usr/share/zsh/vendor-completions/_gachno"
  "$program" completions fish >"$root/usr/share/fish/vendor_completions.d/gachno.fish"
}

control() { # NAME ROOT OTHER DEPENDS FIELD SUMMARY
  local libc
  # The newest part of the system's library that the program asks for.
  libc=$(LC_ALL=C grep -ao 'GLIBC_2\.[0-9]*' "$2/usr/bin/gachno" | sort -uV | tail -1)
  mkdir -p "$2/DEBIAN"
  cat >"$2/DEBIAN/control" <<END
Package: $1
Version: $version
Architecture: $arch
Maintainer: GachNo <gachno@localhost>
Section: misc
Priority: optional
Installed-Size: $(du -sk --exclude=DEBIAN "$2" | cut -f1)
Depends: libc6 (>= ${libc#GLIBC_}), ca-certificates$4
$5
Conflicts: $3
Description: $6
 Settles bills of six services on the agent portal in a real browser, makes the
 intent durable before it clicks, proves each outcome, and never pays twice.
END
}

built() { # FLAGS… → the program
  cargo build --release --locked --quiet "$@"
  cp target/release/gachno "$work/program"
  echo "$work/program"
}

package() { # NAME ROOT
  dpkg-deb --root-owner-group "${packing[@]}" --build "$2" "$out/$1_${version}_$arch.deb" >/dev/null
  echo "$out/$1_${version}_$arch.deb"
}

if [ -z "$only" ] || [ "$only" = gachno ]; then
  root="$work/gachno"
  common gachno "$root" "${binary:-$(built)}"
  install -D -m 0644 assets/linux/gachno.desktop "$root/usr/share/applications/gachno.desktop"
  install -D -m 0644 assets/admin/icon.svg "$root/usr/share/icons/hicolor/scalable/apps/gachno.svg"
  control gachno "$root" gachno-server ", libgl1, libegl1, libxkbcommon-x11-0, libxcb1, libx11-xcb1, libxcursor1, libxi6" \
    "Recommends: chromium | google-chrome-stable | microsoft-edge-stable" "working tool of bill-payment agents in Vietnam"
  package gachno "$root"
fi

if [ -z "$only" ] || [ "$only" = gachno-server ]; then
  root="$work/gachno-server"
  common gachno-server "$root" "${binary:-$(built --no-default-features)}"
  install -D -m 0644 docs/server.md "$root/usr/share/doc/gachno-server/server.md"
  install -D -m 0644 assets/systemd/gachno.service.d/tls.conf "$root/usr/share/doc/gachno-server/tls.conf"
  install -D -m 0600 assets/linux/serve.env "$root/etc/gachno/serve.env"
  # A user that stays: its files have to be found by whoever looks after the machine.
  install -d "$root/usr/lib/systemd/system"
  sed -e '/^# The shop/,/^# The first start/c # The shop'"'"'s server as a service: systemctl enable --now gachno' \
    -e 's#/usr/local/bin/#/usr/bin/#' -e 's/^# A user of its own that exists while.*/# In a system that it can only read./' \
    -e 's/^DynamicUser=yes/User=gachno\nGroup=gachno/' assets/systemd/gachno.service >"$root/usr/lib/systemd/system/gachno.service"
  control gachno-server "$root" gachno ", passwd, debconf (>= 1.5)" "Suggests: mariadb-server" \
    "server of a bill-payment shop in Vietnam: jobs, payments, web admin"
  echo /etc/gachno/serve.env >"$root/DEBIAN/conffiles"
  install -m 0755 assets/linux/server/postinst assets/linux/server/prerm assets/linux/server/postrm "$root/DEBIAN/"
  install -m 0644 assets/linux/server/templates "$root/DEBIAN/templates"
  package gachno-server "$root"
fi
