#!/usr/bin/env bash
# What a machine needs beside Rust: a browser with its driver, what a window needs, a virtual screen for tests, and a
# MariaDB server for the server's tests. Debian and Ubuntu; elsewhere it says what to install by hand.
# Run again at any time: what is there is left alone.
set -euo pipefail

packages=(
  chromium chromium-driver                                   # the browser that is driven
  libgl1 libegl1 libgl1-mesa-dri mesa-vulkan-drivers         # drawing a window without a graphics card
  libxkbcommon-x11-0 libxcb1 libx11-xcb1 libxcursor1 libxi6 libwayland-client0
  xvfb                                                       # a screen for windows on machines that have none
  openbox xdotool xclip dbus-daemon                          # a desktop on it, hands, a clipboard, a screen reader's bus
  mariadb-server                                             # the other database of the server's tests
  gcc libc6-dev                                              # SQLite and ring are built from C
)

missing() {
  local package
  for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || echo "$package"
  done
}

if ! command -v cargo >/dev/null; then
  echo "Rust is missing: install it from https://rustup.rs and run this again." >&2
  exit 1
fi

if command -v apt-get >/dev/null; then
  mapfile -t wanted < <(missing)
  if [ "${#wanted[@]}" -gt 0 ]; then
    echo "Installing: ${wanted[*]}"
    as_root=""
    [ "$(id -u)" -eq 0 ] || as_root="sudo"
    $as_root apt-get update -qq
    # A server that starts by itself is not wanted: tests start their own.
    $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null
  fi
elif ! command -v chromedriver >/dev/null; then
  echo "Install Chromium or Chrome and the ChromeDriver of the same version (see README), then run this again." >&2
  exit 1
fi

if ! cargo nextest --version >/dev/null 2>&1; then
  echo "Installing cargo-nextest (once, some minutes)"
  cargo install --locked cargo-nextest
fi
