"""A headless Chromium spoken to over its debugging pipe: no driver, no port, no network."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync "
    "--no-first-run --disable-extensions --disable-default-apps --no-default-browser-check --hide-scrollbars "
    "--disable-ipc-flooding-protection --disable-dev-shm-usage --metrics-recording-only --remote-debugging-pipe"
).split()


def program() -> str:
    """Return the browser's program; without one the tests fail and say what to install."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found is None:
        raise FileNotFoundError("no Chromium: install the package chromium, or name the program in CHROMIUM")
    return found


class Page:
    """One tab in a fresh profile. Requests, console messages and errors are kept in lists."""

    def __init__(self, **environment: str) -> None:
        self.profile = tempfile.mkdtemp()
        self.requests: list[str] = []
        self.console: list[str] = []
        self._number = 0
        to_child, self._writer = os.pipe()
        self._reader, from_child = os.pipe()
        # The browser reads commands from descriptor 3 and answers on 4; the shell puts our pipes there.
        self._process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{to_child} 4>&{from_child}', "bash", program(), *QUIET,
             f"--user-data-dir={self.profile}", "about:blank"],
            pass_fds=(to_child, from_child), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, **environment},
        )  # fmt: skip
        os.close(to_child)
        os.close(from_child)
        self._rest = b""
        tabs = self.send("Target.getTargets", session=False)["targetInfos"]
        tab = next(one["targetId"] for one in tabs if one["type"] == "page")
        self.session = self.send("Target.attachToTarget", session=False, targetId=tab, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def __enter__(self) -> Page:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(10)
        os.close(self._writer)
        os.close(self._reader)
        shutil.rmtree(self.profile, ignore_errors=True)

    def send(self, method: str, session: bool = True, **params: Any) -> dict[str, Any]:
        """Send a command and return its result; events that arrive meanwhile are kept."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if session:
            message["sessionId"] = self.session
        os.write(self._writer, json.dumps(message).encode() + b"\0")
        while (answer := self._receive()).get("id") != self._number:
            self._keep(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer.get("result", {})

    def open(self, address: str, ready: str = "document.documentElement?.dataset.ready === 'yes'") -> None:
        """Load an address in place of the present one and wait until the page says that it is ready."""
        self.send("Page.navigate", url="about:blank")
        self.send("Page.navigate", url=address)
        self.wait(ready)

    def wait(self, condition: str) -> None:
        """Wait up to 20 seconds until a condition of the page holds."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            # While the tab moves to another document its old one may vanish under the question.
            with contextlib.suppress(RuntimeError):
                if self.run(f"!!({condition})"):
                    return
            time.sleep(0.01)
        raise AssertionError(f"never came true: {condition}; console: {self.console}")

    def run(self, expression: str) -> Any:
        """Evaluate an expression, waiting for its promise, and return its value."""
        answer = self.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            raise AssertionError(json.dumps(answer["exceptionDetails"])[:2000])
        return answer["result"].get("value")

    def key(self, text: str) -> None:
        """Press a key that writes one character."""
        self.send("Input.dispatchKeyEvent", type="keyDown", key=text, text=text)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=text)

    def press(self, key: str, code: int) -> None:
        """Press a named key, such as Enter, which is number 13."""
        text = {"text": "\r"} if key == "Enter" else {}
        self.send("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **text)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def width(self, pixels: int) -> None:
        """Make the window this wide."""
        self.send("Emulation.setDeviceMetricsOverride", width=pixels, height=1_000, deviceScaleFactor=1, mobile=False)

    def screenshot(self, path: Path, width: int, height: int, top: int = 0) -> None:
        """Write a picture of the page at a width, from `top` pixels down."""
        self.width(width)
        clip = {"x": 0, "y": top, "width": width, "height": height, "scale": 1}
        shot = self.send("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def pdf(self, path: Path) -> None:
        """Print the page."""
        printed = self.send("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        path.write_bytes(base64.b64decode(printed["data"]))

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            more = os.read(self._reader, 1 << 20)
            if not more:
                raise RuntimeError("the browser has ended")
            self._rest += more
        message, _, self._rest = self._rest.partition(b"\0")
        answer: dict[str, Any] = json.loads(message)
        return answer

    def _keep(self, event: dict[str, Any]) -> None:
        params = event.get("params", {})
        if event.get("method") == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif event.get("method") == "Runtime.consoleAPICalled":
            self.console.append(str(params.get("args")))
        elif event.get("method") == "Runtime.exceptionThrown":
            self.console.append(json.dumps(params["exceptionDetails"])[:2000])
        elif event.get("method") == "Log.entryAdded":
            self.console.append(str(params["entry"].get("text")))
