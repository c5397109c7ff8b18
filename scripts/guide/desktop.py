"""A desktop of its own: a screen, a window manager, hands, a clipboard, and a screen reader's ears, which know
where each thing lies."""

import contextlib
import os
import pathlib
import subprocess
import time

from PIL import ImageGrab

from waiting import Process, TooLate, until

SIZE = (1366, 768)
# What AT-SPI calls what can be clicked and what can be typed into.
BUTTON = ("push button", "toggle button", "button")
FIELD = ("entry", "password text", "text")
LAUNCHERS = ("/usr/libexec/at-spi-bus-launcher", "/usr/lib/at-spi2-core/at-spi-bus-launcher")


class Desktop:
    """Everything on it ends with it."""

    def __init__(self, folder, size=SIZE):
        self.size, self.failed = size, None
        self.stack = contextlib.ExitStack()
        try:
            self._start(folder)
        except BaseException:
            self.stack.close()
            raise

    def _start(self, folder):
        width, height = self.size
        server = self.stack.enter_context(
            Process(
                ["Xvfb", "-noreset", "-displayfd", "1", "-nolisten", "tcp", "-screen", "0", f"{width}x{height}x24"],
                stdout=subprocess.PIPE,
            )
        )
        self.name = ":" + server.line().decode().strip()
        os.environ["DISPLAY"] = self.name
        os.environ.pop("WAYLAND_DISPLAY", None)
        bus = self.stack.enter_context(
            Process(["dbus-daemon", "--session", "--nofork", "--print-address=1"], stdout=subprocess.PIPE)
        )
        os.environ["DBUS_SESSION_BUS_ADDRESS"] = bus.line().decode().strip()
        os.environ.pop("AT_SPI_BUS_ADDRESS", None)
        launcher = next((path for path in LAUNCHERS if os.path.exists(path)), None)
        if not launcher:
            raise TooLate("at-spi2-core is missing")
        self.stack.enter_context(Process([launcher, "--launch-immediately", "--a11y=1", "--screen-reader=1"]))
        # Windows without frames: nobody's own look, and all of the screen.
        settings = pathlib.Path("/etc/xdg/openbox/rc.xml").read_text(encoding="utf-8")
        file = pathlib.Path(folder, "openbox.xml")
        rule = '<applications><application class="*"><decor>no</decor></application>'
        file.write_text(settings.replace("<applications>", rule, 1), encoding="utf-8")
        self.stack.enter_context(Process(["openbox", "--config-file", str(file)]))
        until("the window manager", lambda: self.hand("get_desktop", quiet=True) is not None)
        # Only now: it looks for its bus when it is imported.
        import gi

        gi.require_version("Atspi", "2.0")
        from gi.repository import Atspi

        self.atspi = Atspi
        Atspi.set_timeout(2000, 5000)

    def hand(self, *arguments, quiet=False):
        done = subprocess.run(["xdotool", *map(str, arguments)], capture_output=True, text=True)
        if done.returncode != 0:
            if quiet:
                return None
            raise TooLate(f"xdotool {arguments}: {done.stderr.strip()}")
        return done.stdout.strip()

    def copy(self, text):
        """Puts a text into the clipboard, as another program would."""
        subprocess.run(
            ["xclip", "-selection", "clipboard", "-in"],
            input=text.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )

    def press(self, keys):
        self.hand("key", "--clearmodifiers", keys)

    def grab(self):
        return ImageGrab.grab(xdisplay=self.name).convert("RGB")

    def close(self):
        self.stack.close()


class Thing:
    """Something that a screen reader would tell of."""

    def __init__(self, at, atspi):
        self.at, self.atspi = at, atspi
        self.name = at.get_name() or ""
        self.role = at.get_role_name()

    def place(self):
        """Left, top, right, bottom on the screen; nowhere where it has gone in the meantime."""
        try:
            box = self.at.get_extents(self.atspi.CoordType.SCREEN)
        except Exception:
            return (0, 0, 0, 0)
        return (box.x, box.y, box.x + box.width, box.y + box.height)

    def is_enabled(self):
        try:
            return self.at.get_state_set().contains(self.atspi.StateType.ENABLED)
        except Exception:
            return False


class Window:
    """The program's window on a desktop."""

    def __init__(self, desktop, command, env, log):
        self.desktop = desktop
        env = {**env, "DISPLAY": desktop.name, "LIBGL_ALWAYS_SOFTWARE": "1"}
        env["DBUS_SESSION_BUS_ADDRESS"] = os.environ["DBUS_SESSION_BUS_ADDRESS"]
        self.process = Process(command, env=env, cwd=env["HOME"], log=log)
        try:
            self.number = until("the window", self._found)
            self.hand("windowactivate", "--sync", self.number)
        except BaseException:
            self.process.end()
            raise

    def _found(self):
        if not self.process.is_alive():
            raise TooLate("the window ended")
        found = self.desktop.hand("search", "--onlyvisible", "--pid", self.process.pid, "--name", "GạchNợ", quiet=True)
        return found.split()[0] if found else None

    def hand(self, *arguments):
        return self.desktop.hand(*arguments)

    def place(self, left, top, width, height):
        """Puts it there, without what a window manager draws around it."""
        self.hand("windowmove", self.number, left, top)
        self.hand("windowsize", self.number, width, height)

    def box(self):
        lines = self.hand("getwindowgeometry", "--shell", self.number).splitlines()
        facts = dict(line.split("=", 1) for line in lines if "=" in line)
        left, top = int(facts["X"]), int(facts["Y"])
        return (left, top, left + int(facts["WIDTH"]), top + int(facts["HEIGHT"]))

    def things(self):
        atspi = self.desktop.atspi
        desk = atspi.get_desktop(0)
        for number in range(desk.get_child_count()):
            program = desk.get_child_at_index(number)
            if program and program.get_process_id() == self.process.pid:
                program.clear_cache()
                yield from self._below(program)

    def _below(self, one):
        try:
            count = one.get_child_count()
        except Exception:
            return
        for number in range(count):
            try:
                child = one.get_child_at_index(number)
                if child is None:
                    continue
                thing = Thing(child, self.desktop.atspi)
            except Exception:
                # It has gone in the meantime.
                continue
            yield thing
            yield from self._below(child)

    def find(self, name, role=None, patience=60.0, starts=False, where=lambda place: True):
        """The thing of this name, once it lies still; `where`: and lies there."""
        before = set()

        def asked():
            now, found = set(), None
            for thing in self.things():
                is_it = thing.name.startswith(name) if starts else thing.name == name
                if not is_it or (role is not None and thing.role not in role):
                    continue
                place = thing.place()
                now.add(place)
                is_still = place in before and place[2] > place[0]
                if found is None and is_still and where(place) and thing.is_enabled():
                    found = thing
            before.clear()
            before.update(now)
            return found

        return until(f"“{name}”", asked, patience)

    def hears(self, text, patience=60.0):
        return until(f"“{text}”", lambda: any(text in thing.name for thing in self.things()), patience)

    def told(self):
        return [f"{thing.role}: {thing.name}" for thing in self.things() if thing.name]

    def click(self, name, role=BUTTON, **how):
        thing = self.find(name, role, **how)
        self.click_in(thing.place())

    def click_in(self, place):
        left, top, right, bottom = place
        self.hand("mousemove", (left + right) // 2, (top + bottom) // 2)
        # A busy machine draws a frame late: what is clicked has to know that the mouse is there.
        time.sleep(0.2)
        self.hand("click", "1")

    def aside(self):
        """Takes the mouse where it points at nothing."""
        left, top, _, _ = self.box()
        self.hand("mousemove", left + 3, top + 3)
        time.sleep(0.15)

    def enter(self, name, text):
        """Types into a field, by the clipboard: no key has all the letters."""
        self.desktop.copy(text)
        for _ in range(3):
            self.click_in(self.find(name, FIELD).place())
            time.sleep(0.1)
            self.desktop.press("ctrl+a")
            self.desktop.press("ctrl+v")
            try:
                return until(f"{name}: what was typed", lambda: self.holds(name, text), 3)
            except TooLate:
                # Seen on busy machines: the click was drawn after the keys.
                continue
        raise TooLate(f"the field “{name}” does not take its text")

    def holds(self, name, text):
        """Does the field hold this? A secret's: as many letters."""
        for thing in self.things():
            if thing.name != name or thing.role not in FIELD:
                continue
            try:
                said = self.desktop.atspi.Text.get_text(thing.at, 0, -1)
            except Exception:
                return False
            if thing.role == "password text":
                return len(said) == len(text)
            return said.strip() == text.strip()
        return False

    def picture(self):
        """What it shows, once two looks in a row show the same."""
        self.aside()
        before = None
        for _ in range(40):
            now = self.desktop.grab().crop(self.box())
            if before is not None and now.tobytes() == before.tobytes():
                break
            before = now
            time.sleep(0.12)
        return now

    def close(self):
        self.process.end(30.0)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            # For whoever looks into a failure: what was seen last.
            self.desktop.failed = self.desktop.grab()
        self.close()
