#!/usr/bin/env bash
# The program for Windows, built on Debian or Ubuntu: gachno.exe for terminals and gachnow.exe for the Start menu, a
# portable zip, an installer for one user. Everything is in target/windows.
#   scripts/windows.sh [--debug]
# Needs mingw-w64, zip, and for the installer nsis. The standard library comes from rustup (x86_64-pc-windows-gnu); where
# that cannot be fetched it is built from the sources of the very compiler, if they are there: the package rust-src
# (Debian) put below $(rustc --print sysroot)/lib/rustlib/src/rust/library.
# Signing: SIGN=command is run with each .exe as its last argument, before it is packed, e.g.
#   SIGN="osslsigncode-wrapper --key …" scripts/windows.sh
set -euo pipefail
cd "$(dirname "$0")/.."

target=x86_64-pc-windows-gnu
profile=(--release) built=release
[ "${1:-}" = --debug ] && profile=() built=debug
out=target/windows
files="$out/files"
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
quad="${version%%-*}.0"
tool=x86_64-w64-mingw32
command -v $tool-gcc >/dev/null || { echo "mingw-w64 is missing: apt-get install gcc-mingw-w64-x86-64-posix" >&2; exit 1; }
mkdir -p "$files"

# The standard library, one way or the other.
std=()
sysroot=$(rustc --print sysroot)
if [ ! -d "$sysroot/lib/rustlib/$target/lib" ] && ! { command -v rustup >/dev/null && timeout 300 rustup target add $target; }; then
  if [ ! -f "$sysroot/lib/rustlib/src/rust/library/std/Cargo.toml" ]; then
    echo "no standard library for $target: neither rustup nor rust-src (see the head of this script)" >&2
    exit 1
  fi
  export RUSTC_BOOTSTRAP=1
  std=(-Zbuild-std)
fi

# Icon, version and manifest, as one object that is linked in.
sed "s/@QUAD@/$quad/" assets/windows/gachno.manifest >"$out/gachno.manifest"
sed -e "s/COMMAS$/${quad//./,}/" -e "s/, VERSION$/, \"$version\"/" assets/windows/gachno.rc >"$out/gachno.rc"
cp assets/windows/gachno.ico "$out/"
(cd "$out" && $tool-windres --codepage=65001 gachno.rc -O coff -o resources.o)

export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=$tool-gcc
cargo rustc --locked "${std[@]}" --target $target "${profile[@]}" --bin gachno -- -C link-arg="$PWD/$out/resources.o"
cp "${CARGO_TARGET_DIR:-target}/$target/$built/gachno.exe" "$files/gachno.exe"
# The same program without a console: its head says which kind it is.
$tool-objcopy --subsystem windows "$files/gachno.exe" "$files/gachnow.exe"
cp assets/windows/gachno.ico "$files/"
cp LICENSE "$files/LICENSE.txt"

if [ -n "${SIGN:-}" ]; then
  for program in "$files"/gachno.exe "$files"/gachnow.exe; do $SIGN "$program"; done
fi

zip="$PWD/$out/gachno-$version-windows.zip"
if command -v zip >/dev/null; then
  rm -f "$zip"
  (cd "$files" && zip -q -9 "$zip" gachno.exe gachnow.exe LICENSE.txt)
  echo "$zip"
else
  echo "zip is missing: no portable zip" >&2
fi
if command -v makensis >/dev/null; then
  setup="$PWD/$out/gachno-$version-setup.exe"
  makensis -V2 -INPUTCHARSET UTF8 -DVERSION="$version" -DQUAD="$quad" -DFILES="$PWD/$files" -DOUT="$setup" assets/windows/installer.nsi
  [ -z "${SIGN:-}" ] || $SIGN "$setup"
  echo "$setup"
else
  echo "nsis is missing: no installer" >&2
fi
