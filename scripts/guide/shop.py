"""A shop to be pictured: the portal's simulator, a server, and a counter, each in a folder of its own. No real money
is anywhere near it."""

import json
import os
import pathlib
import re
import signal
import subprocess
import urllib.request

from waiting import Process, until
from web import STRAIGHT

AGENT, PASSWORD, PIN = "1234567890_VTP_00001_DB", "mk1234", "246810"
PASSPHRASE = "mưa rào bến Ninh Kiều"
OWNER_PASSWORD = "ba chiếc ghe qua Cái Răng"

BILLS = {
    "PB15010045211": 412_600,
    "PB15010045388": 188_450,
    "PB15010046010": 96_300,
    "PB15010047125": 1_204_700,
    "PB15010048866": 253_900,
    "PB15010051240": 318_200,
    "PB15010052903": 77_850,
    "PB15010054417": 645_100,
}
CLEARED, WRONG = "PB15010049001", "PB15010049777"
FTTH = {"84293100001": 215_000, "84293100002": 0, "84293100003": 430_000, "84293100004": 185_000}
TV = {"84293200011": 245_000, "84293200012": 165_000, "84293200013": 330_000}
POSTPAID = {"0981234501": 158_000, "0981234502": 0, "0981234503": 94_500, "0981234504": 312_000}
TOP_UPS = ["0981230011", "0981230022", "0961230033", "0971230044"]
ANY_NETWORK = ["0901230011", "0931230022", "0911230033", "0941230044"]


def scenario():
    """What the simulated portal knows."""
    accounts = {}
    for debts in (BILLS, FTTH, TV, POSTPAID):
        for code, debt in debts.items():
            accounts[code] = {"debt": debt} if debt else {"kind": "no_debt"}
    accounts[CLEARED], accounts[WRONG] = {"kind": "no_debt"}, {"kind": "not_found"}
    agent = {
        "username": AGENT,
        "password": PASSWORD,
        "pin": PIN,
        "phone": "0912-345-678",
        "shop": "Điểm thu hộ Ninh Kiều",
        "balance": 20_000_000,
    }
    return {"agents": [agent], "accounts": accounts, "unlisted": "owing"}


def ask(method, url, body=None, token=None):
    """One call; its answer as JSON where it is some."""
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    with STRAIGHT.open(request, timeout=20) as answer:
        text = answer.read()
    return json.loads(text) if text.strip().startswith((b"{", b"[")) else None


class Shop:
    """Everything but windows and browsers."""

    def __init__(self, program, folder, stack):
        self.program, self.folder, self.stack = str(program), pathlib.Path(folder), stack
        self.logs = self.folder / "logs"
        self.logs.mkdir()
        stack.callback(self.end_what_is_left)

    def end_what_is_left(self):
        """Browsers and their like that outlived who started them: whatever names this shop's folder."""
        mark = str(self.folder).encode()
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                if mark in (entry / "cmdline").read_bytes():
                    os.kill(int(entry.name), signal.SIGKILL)
            except (OSError, ValueError):
                continue

    def env(self, home, **more):
        """Surroundings in which nothing of this machine's own is found."""
        kept = {name: os.environ[name] for name in ("PATH", "DISPLAY", "DBUS_SESSION_BUS_ADDRESS") if name in os.environ}
        flags = os.environ.get("CHROMIUM_FLAGS", "")
        return {
            **kept,
            "HOME": str(home),
            "GACHNO_HOME": str(home),
            "GACHNO_PASSPHRASE": PASSPHRASE,
            "LANG": "C.UTF-8",
            "TZ": "Asia/Ho_Chi_Minh",
            "CHROMIUM_FLAGS": flags,
            **more,
        }

    def home(self, name):
        home = self.folder / name
        home.mkdir(exist_ok=True)
        return home

    def run(self, home, *arguments, given=None):
        done = subprocess.run(
            [self.program, *arguments],
            env=self.env(home),
            cwd=home,
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
        )
        if done.returncode != 0:
            raise RuntimeError(f"gachno {' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout.strip()

    def _ready(self, name, command, home):
        """Starts what says one JSON line when it can be used."""
        log = self.logs / f"{name}.log"
        process = Process(
            [self.program, *command], env=self.env(home), cwd=home, log=log, stdout=subprocess.PIPE
        )
        self.stack.enter_context(process)
        ready = json.loads(process.line())
        ready["log"] = log
        return ready

    def open_portal(self, latency_ms=350):
        home = self.home("portal")
        file = home / "scenario.json"
        file.write_text(json.dumps(scenario(), ensure_ascii=False), encoding="utf-8")
        command = ["sandbox", "--listen", "127.0.0.1:0", "--scenario", str(file), "--latency-ms", str(latency_ms)]
        self.portal = self._ready("portal", command, home)
        return self.portal["url"]

    def change_portal(self, **change):
        ask("PATCH", self.portal["url"] + "/sandbox/scenario", change)

    def open_server(self):
        """A new server. What the terminal says of the owner is kept."""
        home = self.home("server")
        self.server = self._ready("server", ["serve", "--listen", "127.0.0.1:0"], home)
        told = until("the owner's password", lambda: re.search(r"một lần: (\S+)", self.server["log"].read_text("utf-8")))
        name = re.search(r"Tên đăng nhập: (\S+)", self.server["log"].read_text("utf-8"))
        self.owner = (name.group(1), told.group(1))
        return self.server["url"]

    def token(self, name, *scopes):
        more = ["--scopes", ",".join(scopes)] if scopes else []
        return self.run(self.home("server"), "store", "token", name, *more).split()[-1]

    def set(self, home, **keys):
        for key, value in keys.items():
            self.run(home, "config", "set", key.replace("__", "."), "--stdin", given=str(value))

    def counter(self, name, token=None, operator="Nguyễn Thị Lan", **keys):
        """A counter's machine that is set up."""
        home = self.home(name)
        common = {
            "portal__url": self.portal["url"],
            "portal__username": AGENT,
            "portal__password": PASSWORD,
            "portal__pin": PIN,
            "operator": operator,
            "report__folder": "Báo cáo",
            "reconcile__wait_s": 3,
            "window__sound": "false",
        }
        if token:
            common |= {"api__url": self.server["url"], "api__token": token}
        self.set(home, **{**common, **keys})
        return home
