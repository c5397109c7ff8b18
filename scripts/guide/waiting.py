"""Waiting for what has to come, and what has to end with us."""

import os
import signal
import subprocess
import time

PATIENCE = 60.0


class TooLate(Exception):
    """Something that had to come did not."""


def until(what, asked, patience=PATIENCE, pause=0.05):
    """Asks again and again until there is an answer."""
    end = time.monotonic() + patience
    while True:
        answer = asked()
        if answer:
            return answer
        if time.monotonic() > end:
            raise TooLate(f"not within {patience:.0f} s: {what}")
        time.sleep(pause)


class Process:
    """A program that ends with us: asked first, then killed with whatever it started."""

    def __init__(self, command, env=None, cwd=None, log=None, stdin=subprocess.DEVNULL, stdout=None):
        out = open(log, "ab") if log else subprocess.DEVNULL
        self.name = os.path.basename(command[0])
        self.child = subprocess.Popen(
            command, env=env, cwd=cwd, stdin=stdin, stdout=stdout or out, stderr=out, start_new_session=True
        )
        if log:
            out.close()

    @property
    def pid(self):
        return self.child.pid

    def is_alive(self):
        return self.child.poll() is None

    def line(self):
        """The next line that it says on stdout."""
        line = self.child.stdout.readline()
        if not line:
            raise TooLate(f"{self.name} ended before it could be used")
        return line

    def end(self, patience=15.0):
        for sign, wait in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
            try:
                if self.is_alive():
                    os.kill(self.pid, sign)
                    self.child.wait(wait)
            except (subprocess.TimeoutExpired, ProcessLookupError):
                continue
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
