#!/usr/bin/env python3
"""What the valve costs on a real line: payments over a link with a round trip of its own, by TLS 1.3,
with the valve and without it, and how many round trips apart the two are.

    sudo scripts/line.py target/debug/gachno [--rtt 30 80] [--jobs 20]

The portal's simulator stands in a network namespace of its own, behind a TUN link that holds every
packet back for half a round trip. Linux, root, /dev/net/tun, openssl, Chromium and ChromeDriver.
"""

import argparse
import collections
import fcntl
import json
import os
import pathlib
import shutil
import socket
import ssl
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

SPACE = "gachno-line"
HERE, THERE, PORT, INNER = "10.77.0.1", "10.77.0.2", 8443, 18080
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
PASSPHRASE = "a line of our own"
SERVICE = "gach_dien_evn"
# The simulator's own agent.
AGENT = {"username": "1234567890_VTP_00001_DB", "password": "mk1234", "pin": "246810"}


def sh(*words, **more):
    return subprocess.run(words, check=True, capture_output=True, text=True, **more).stdout


def tun(name):
    link = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(link, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return link


class Link:
    """Two ends of a wire; each packet arrives `delay_s` after it was sent."""

    def __init__(self):
        self.delay_s = 0.0
        self.ends = tun("gachno-here"), tun("gachno-there")
        sh("ip", "netns", "add", SPACE)
        sh("ip", "link", "set", "gachno-there", "netns", SPACE)
        inside = ("ip", "netns", "exec", SPACE)
        sh("ip", "addr", "add", HERE, "peer", THERE, "dev", "gachno-here")
        sh("ip", "link", "set", "gachno-here", "up")
        sh(*inside, "ip", "addr", "add", THERE, "peer", HERE, "dev", "gachno-there")
        sh(*inside, "ip", "link", "set", "gachno-there", "up")
        sh(*inside, "ip", "link", "set", "lo", "up")
        for source, sink in (self.ends, self.ends[::-1]):
            on_the_way = collections.deque()
            there_is_one = threading.Semaphore(0)
            threading.Thread(target=self.take, args=(source, on_the_way, there_is_one), daemon=True).start()
            threading.Thread(target=self.bring, args=(sink, on_the_way, there_is_one), daemon=True).start()

    def take(self, source, on_the_way, there_is_one):
        while True:
            try:
                packet = os.read(source, 65_536)
            except OSError:
                return  # The link was taken down.
            on_the_way.append((time.monotonic() + self.delay_s, packet))
            there_is_one.release()

    @staticmethod
    def bring(sink, on_the_way, there_is_one):
        while True:
            there_is_one.acquire()
            due, packet = on_the_way.popleft()
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                os.write(sink, packet)
            except OSError:
                return

    def close(self):
        subprocess.run(["ip", "netns", "del", SPACE], capture_output=True)
        subprocess.run(["ip", "link", "del", "gachno-here"], capture_output=True)


def serve_tls(folder):
    """Inside the namespace: TLS 1.3 in front of the simulator."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    listener = socket.create_server((THERE, PORT), backlog=64)

    def pump(source, sink):
        try:
            while data := source.recv(65_536):
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def carry(client):
        try:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client = context.wrap_socket(client, server_side=True)
            inner = socket.create_connection(("127.0.0.1", INNER))
        except OSError:
            return
        threading.Thread(target=pump, args=(client, inner), daemon=True).start()
        pump(inner, client)

    while True:
        client, _ = listener.accept()
        threading.Thread(target=carry, args=(client,), daemon=True).start()


def certificate(folder):
    """A key of our own, and its hash for the browser to trust that key and no other."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
       "-subj", f"/CN={THERE}", "-addext", f"subjectAltName=IP:{THERE}", "-keyout", str(key), "-out", str(cert))
    public = subprocess.run(["openssl", "x509", "-in", cert, "-pubkey", "-noout"], check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=public, check=True, capture_output=True).stdout
    digest = subprocess.run(["openssl", "dgst", "-sha256", "-binary"], input=der, check=True, capture_output=True).stdout
    return subprocess.run(["openssl", "base64"], input=digest, check=True, capture_output=True).stdout.decode().strip()


def browser(folder, trusted):
    """Chromium as it is, trusting the one key."""
    real = shutil.which("chromium") or shutil.which("google-chrome") or sys.exit("no Chromium")
    wrapper = folder / "chromium"
    wrapper.write_text(f'#!/bin/sh\nexec {real} "$@" --ignore-certificate-errors-spki-list={trusted}\n')
    wrapper.chmod(0o755)
    return wrapper


def batch(program, folder, wrapper, valve, jobs, first):
    """Seconds from one outcome to the next."""
    home = folder / f"home-{first}"
    environment = {**os.environ, "GACHNO_HOME": str(home), "GACHNO_PASSPHRASE": PASSPHRASE}

    def setting(key, value, secret=False):
        words = [program, "config", "set", key] + (["--stdin"] if secret else [value])
        subprocess.run(words, check=True, env=environment, input=value if secret else None, text=True, capture_output=True)

    setting("portal.url", f"https://{THERE}:{PORT}")
    setting("browser.browser_path", str(wrapper))
    setting("browser.valve", "true" if valve else "false")
    setting("browser.headless", "true")
    for key, value in AGENT.items():
        setting(f"portal.{key}", value, secret=True)
    listed = folder / f"{first}.txt"
    listed.write_text("".join(f"PE{first + i:07}\n" for i in range(jobs)))
    words = [program, "run", SERVICE, "--jobs", str(listed), "--json", "--yes", "--headless", "--sessions", "1"]
    times = []
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        for line in running.stdout:
            event = json.loads(line)
            if event.get("event") == "outcome":
                if event.get("outcome") != "paid":
                    sys.exit(f"not paid: {line}")
                times.append(time.monotonic())
        failed = running.stderr.read()
    if len(times) != jobs:
        sys.exit(f"{len(times)} of {jobs} paid: {failed[-2000:]}")
    # The first few load their pages.
    return statistics.median(b - a for a, b in zip(times[3:], times[4:]))


def main():
    if sys.argv[1:2] == ["--serve-tls"]:
        return serve_tls(pathlib.Path(sys.argv[2]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--rtt", type=int, nargs="+", default=[30, 80], help="round trips of the line, in milliseconds")
    parser.add_argument("--jobs", type=int, default=20, help="bills of each batch")
    options = parser.parse_args()
    program = str(pathlib.Path(options.program).resolve())
    folder = pathlib.Path(tempfile.mkdtemp(prefix="gachno-line-"))
    children, link = [], None
    try:
        link = Link()
        trusted = certificate(folder)
        wrapper = browser(folder, trusted)
        (folder / "scenario.json").write_text('{"unlisted":"owing"}')
        inside = ["ip", "netns", "exec", SPACE]
        for words in ([program, "sandbox", "--listen", f"127.0.0.1:{INNER}", "--scenario", str(folder / "scenario.json")],
                      [sys.executable, __file__, "--serve-tls", str(folder)]):
            children.append(subprocess.Popen(inside + words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        wait_for_portal()
        first = 1_000_000
        own_ms = 0.0
        # Without a delay first: what the valve itself costs is none of the line's.
        for rtt in [0, *options.rtt]:
            link.delay_s = rtt / 2_000
            seen = {}
            for valve in (False, True):
                first += options.jobs
                seen[valve] = batch(program, folder, wrapper, valve, options.jobs, first) * 1_000
            more = seen[True] - seen[False]
            said = f"round trip {rtt:3} ms: {seen[False]:6.0f} ms a payment without the valve, {seen[True]:6.0f} ms with it"
            if rtt == 0:
                own_ms = more
                print(said, flush=True)
            else:
                print(f"{said}: {(more - own_ms) / rtt:.2f} round trips more (goal 1)", flush=True)
    finally:
        for child in children:
            child.kill()
        if link:
            link.close()
        shutil.rmtree(folder, ignore_errors=True)


def wait_for_portal():
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            socket.create_connection((THERE, PORT), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit("the portal does not answer")


if __name__ == "__main__":
    main()
