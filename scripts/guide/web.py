"""A browser that is led by ChromeDriver: the WebDriver protocol, as far as pictures need it."""

import base64
import io
import json
import re
import subprocess
import urllib.error
import urllib.request

from PIL import Image

from waiting import Process, TooLate, until

# What is on this machine is asked without a proxy.
STRAIGHT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Page:
    """One browser without a window, of this size."""

    def __init__(self, folder, width=1366, height=768, phone=False, binary=None):
        self.size = (width, height)
        self.driver = Process(["chromedriver", "--port=0", "--allowed-ips="], stdout=subprocess.PIPE)
        try:
            self.address = self._address()
            arguments = [
                "--headless=new",
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--lang=vi",
                "--hide-scrollbars",
                "--force-color-profile=srgb",
                f"--user-data-dir={folder}",
                f"--window-size={width},{height}",
            ]
            options = {"args": arguments, "prefs": {"intl.accept_languages": "vi,vi-VN"}}
            if phone:
                metrics = {"width": width, "height": height, "pixelRatio": 2.0, "mobile": True}
                options["mobileEmulation"] = {"deviceMetrics": metrics}
            if binary:
                options["binary"] = binary
            wanted = {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}}
            answer = self._call("POST", "/session", wanted)
            self.session = "/session/" + answer["sessionId"]
            if not phone:
                # The inside is what counts.
                self.call("POST", "/window/rect", {"width": width, "height": height})
                inner = self.script("return innerHeight")
                self.call("POST", "/window/rect", {"width": width, "height": height + height - inner})
        except BaseException:
            self.driver.end()
            raise

    def _address(self):
        for _ in range(20):
            line = self.driver.line().decode()
            if port := re.search(r"successfully on port (\d+)", line):
                return f"http://127.0.0.1:{port.group(1)}"
        raise TooLate("chromedriver does not say where it listens")

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self.address + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with STRAIGHT.open(asked, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise TooLate(json.load(error)["value"]["message"].splitlines()[0]) from error

    def call(self, method, path, body=None):
        return self._call(method, self.session + path, body)

    def open(self, url):
        self.call("POST", "/url", {"url": url})

    def url(self):
        return self.call("GET", "/url")

    def script(self, text, *arguments):
        return self.call("POST", "/execute/sync", {"script": text, "args": list(arguments)})

    def find(self, css, text=None, patience=20.0):
        """The element, by CSS and by what it says."""
        look = """
        const [css, text] = arguments;
        return [...document.querySelectorAll(css)].find(one => text === null
            || (one.innerText || one.value || '').trim().includes(text)) || null;"""

        def asked():
            try:
                return self.script(look, css, text)
            except TooLate:
                return None

        return until(f"{css} {text or ''}", asked, patience)

    def click(self, css, text=None):
        found = self.find(css, text)
        self.script("arguments[0].scrollIntoView({block: 'center'})", found)
        self.call("POST", f"/element/{found[ELEMENT]}/click", {})

    def enter(self, css, text):
        found = self.find(css)
        self.call("POST", f"/element/{found[ELEMENT]}/clear", {})
        self.call("POST", f"/element/{found[ELEMENT]}/value", {"text": text})

    def choose(self, css, label):
        found = self.find(css)
        pick = """
        const [list, label] = arguments;
        const one = [...list.options].find(option => option.text.trim() === label);
        list.value = one.value; list.dispatchEvent(new Event('change', {bubbles: true}));"""
        self.script(pick, found, label)

    def attach(self, css, path):
        found = self.find(css)
        self.call("POST", f"/element/{found[ELEMENT]}/value", {"text": str(path)})

    def dialog(self, accept=True):
        self.call("POST", "/alert/accept" if accept else "/alert/dismiss", {})

    def place(self, css, text=None):
        """Where it lies in the picture, in its points."""
        box = self.script(
            "const b = arguments[0].getBoundingClientRect(), r = devicePixelRatio;"
            "return [b.left * r, b.top * r, b.right * r, b.bottom * r]",
            self.find(css, text),
        )
        return tuple(round(v) for v in box)

    def grow(self, most=2400):
        """Makes the page as high as what is on it, so that one picture holds all."""
        height = min(int(self.script("return document.documentElement.scrollHeight")), most)
        rect = self.call("GET", "/window/rect")
        inner = self.script("return innerHeight")
        self.call("POST", "/window/rect", {"width": rect["width"], "height": rect["height"] - inner + height})

    def picture(self):
        png = self.call("GET", "/screenshot")
        return Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")

    def close(self):
        try:
            self.call("DELETE", "")
        except Exception:
            pass
        self.driver.end()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
