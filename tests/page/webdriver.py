"""A browser by the WebDriver protocol over HTTP, with nothing but Python's own library."""

import base64
import json
import socket
import subprocess
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"TAB": "\ue004", "ENTER": "\ue007", "SHIFT": "\ue008", "SPACE": " "}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Failure(AssertionError):
    pass


class Browser:
    def __init__(self, driver="chromedriver", binary="/usr/bin/chromium"):
        port = free_port()
        self.process = subprocess.Popen(
            [driver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.root = f"http://127.0.0.1:{port}"
        # Each run has a profile of its own, without which nothing is remembered.
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]
        options = {"binary": binary, "args": arguments, "prefs": {"intl.accept_languages": "en"}}
        wanted = {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}}
        until = time.monotonic() + 60
        while True:
            try:
                self.session = f"/session/{self.call('POST', '/session', wanted)['sessionId']}"
                break
            except (OSError, Failure):
                if time.monotonic() > until:
                    self.process.kill()
                    raise
                time.sleep(0.3)

    def end(self):
        try:
            self.call("DELETE", self.session)
        except (OSError, Failure):
            pass
        self.process.terminate()
        self.process.wait()

    def call(self, method, path, body=None):
        data = json.dumps(body if body is not None else {}).encode() if method == "POST" else None
        request = urllib.request.Request(self.root + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise Failure(error.read().decode()[:2000]) from None

    def do(self, path, body=None, method="POST"):
        return self.call(method, self.session + path, body)

    def open(self, address):
        self.do("/url", {"url": address})
        self.settle()

    def settle(self):
        """Waits until a page that is being made is there: it asks for itself."""
        until = time.monotonic() + 120
        while time.monotonic() < until:
            try:
                if self.run("return document.readyState === 'complete' && !document.querySelector('p.waiting')"):
                    return
            except Failure:
                # Between two pages there is none to ask.
                pass
            time.sleep(0.1)
        raise Failure(f"{self.address()} is still being made")

    def address(self):
        return self.do("/url", method="GET")

    def run(self, script, *arguments):
        return self.do("/execute/sync", {"script": script, "args": list(arguments)})

    def run_async(self, script, *arguments):
        return self.do("/execute/async", {"script": script, "args": list(arguments)})

    def devtools(self, command, **parameters):
        return self.do("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def find(self, selector):
        return self.do("/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        """Clicks on what leads to another page, and waits until that is there."""
        self.run("window.isOld = true")
        self.do(f"/element/{self.find(selector)}/click")
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                if self.run("return !window.isOld && document.readyState === 'complete'"):
                    return self.settle()
            except Failure:
                # Between two pages there is none to ask.
                pass
            time.sleep(0.05)
        raise Failure(f"`{selector}` leads nowhere from {self.address()}")

    def fill(self, selector, text):
        element = self.find(selector)
        self.do(f"/element/{element}/clear")
        self.do(f"/element/{element}/value", {"text": text})

    def text(self):
        return self.run("return document.body.innerText")

    def keys(self, *keys):
        """Presses keys one after the other, as a person without a mouse does."""
        steps = []
        for key in keys:
            for one in [KEYS[key]] if key in KEYS else key:
                steps += [{"type": "keyDown", "value": one}, {"type": "keyUp", "value": one}]
        self.do("/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": steps}]})

    def focused(self):
        """What has the focus: its name for people."""
        return self.run(
            "const e = document.activeElement; return (e.getAttribute('aria-label') || e.innerText || e.id || '').trim()"
        )

    def tab_to(self, wanted, most=150):
        """Presses the tabulator until something of that name has the focus."""
        for _ in range(most):
            if self.focused() == wanted:
                return
            self.keys("TAB")
        raise Failure(f"the keyboard does not reach `{wanted}` on {self.address()}")

    def shoot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.do("/screenshot", method="GET")))

    def print(self):
        return base64.b64decode(self.do("/print", {"background": False}))

    def size(self, width, height, mobile=False):
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile
        )

    def colours(self, scheme):
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
