"""A headless Chromium of the machine's own, driven over its debugging protocol."""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

PATIENCE = 15.0
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--remote-debugging-port=0",
)


def find_chromium() -> str | None:
    """The path of a Chromium on this machine, if there is one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), None)


def wait_until(check: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """The first true answer of a check that is asked again and again; AssertionError when there is none in time."""
    end = time.monotonic() + patience
    while True:
        answer = check()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"not within {patience:g} s: {what}")
        threading.Event().wait(0.03)


class Target:
    """One connection to the browser or to one of its tabs; `events` holds what it said unasked."""

    def __init__(self, address: str) -> None:
        self._life = ExitStack()
        # Without pings, which draw from `random` on a thread of their own: hypothesis takes that for a strategy's doing.
        self._socket = self._life.enter_context(connect(address, max_size=None, compression=None, ping_interval=None))
        self._numbers = itertools.count(1)
        self._answers: dict[int, dict[str, Any]] = {}
        self._news = threading.Condition()
        self._is_gone = False
        self.events: list[dict[str, Any]] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        try:
            for raw in self._socket:
                said = json.loads(raw)
                with self._news:
                    if "id" in said:
                        self._answers[said["id"]] = said
                    else:
                        self.events.append(said)
                    self._news.notify_all()
        except ConnectionClosed:
            pass
        with self._news:
            self._is_gone = True
            self._news.notify_all()

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """The result of one command."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        with self._news:
            self._news.wait_for(lambda: number in self._answers or self._is_gone, timeout=PATIENCE * 2)
            answer = self._answers.pop(number, None)
        if answer is None:
            raise AssertionError(f"{method}: no answer from Chromium")
        if "error" in answer:
            raise AssertionError(f"{method}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    def close(self) -> None:
        self._life.close()


class Chromium:
    """A running browser; `tab()` opens pages in it, each group of tabs with cookies of its own."""

    def __init__(self, path: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="cardbot-chromium-", ignore_cleanup_errors=True)
        self._process = subprocess.Popen(
            [path, *FLAGS, f"--user-data-dir={self._folder.name}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "LANG": "en_US.UTF-8"},
        )
        note = Path(self._folder.name) / "DevToolsActivePort"
        wait_until(lambda: note.exists() and note.read_text().count("\n") >= 1, "Chromium starts", 60)
        self._port = int(note.read_text().split("\n")[0])
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/json/version") as answer:
            self._target = Target(json.load(answer)["webSocketDebuggerUrl"])

    def visitor(self) -> str:
        """A new visitor: a set of cookies and storage that no other tab shares."""
        return str(self._target.call("Target.createBrowserContext")["browserContextId"])

    def forget(self, visitor: str) -> None:
        self._target.call("Target.disposeBrowserContext", browserContextId=visitor)

    def tab(self, visitor: str) -> Tab:
        target = self._target.call("Target.createTarget", url="about:blank", browserContextId=visitor)["targetId"]
        return Tab(Target(f"ws://127.0.0.1:{self._port}/devtools/page/{target}"))

    def frame(self, address: str) -> Tab:
        """The frame of another site whose address begins so, as soon as some tab shows it."""

        def find() -> list[str]:
            found = self._target.call("Target.getTargets", filter=[{"type": "iframe"}])["targetInfos"]
            return [target["targetId"] for target in found if target["url"].startswith(address)]

        target = wait_until(find, f"a frame shows {address}")[0]
        return Tab(Target(f"ws://127.0.0.1:{self._port}/devtools/page/{target}"))

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        self._target.close()
        self._folder.cleanup()


class Tab:
    """One tab: goes to addresses, runs scripts, types and clicks as a person's hands would."""

    def __init__(self, target: Target) -> None:
        self.target = target
        for domain in ("Page", "Runtime", "Network", "Log"):
            target.call(f"{domain}.enable")

    def go(self, address: str) -> None:
        self.target.call("Page.navigate", url=address)

    def reload(self) -> None:
        self.target.call("Page.reload")

    def run(self, script: str) -> Any:
        """The value of an expression (awaited) in the page."""
        answer = self.target.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"].get("exception", {}).get("description", "script failed"))
        return answer["result"].get("value")

    def click(self, finder: str) -> None:
        """Clicks the middle of the element that an expression finds, once it is there and still."""
        script = f"""(() => {{ const node = {finder}; if (!node) return null;
            node.scrollIntoView({{block: "nearest"}}); const box = node.getBoundingClientRect();
            return box.width ? [box.x + box.width / 2, box.y + box.height / 2] : null; }})()"""
        seen: list[Any] = []

        def is_still() -> bool:
            seen.append(self.run(script))
            return len(seen) > 1 and seen[-1] is not None and seen[-1] == seen[-2]

        wait_until(is_still, f"{finder} can be clicked")
        x, y = seen[-1]
        for kind in ("mousePressed", "mouseReleased"):
            self.target.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def type(self, text: str) -> None:
        """Types into whatever has the focus, a character at a time."""
        for character in text:
            self.target.call("Input.dispatchKeyEvent", type="char", text=character)

    def paste(self, text: str) -> None:
        self.target.call("Input.insertText", text=text)

    def key(self, name: str, *, shift: bool = False) -> None:
        codes = {"Enter": 13, "Escape": 27, "Tab": 9, "Backspace": 8}
        text = {"text": "\r"} if name == "Enter" else {}
        fields = {"key": name, "code": name, "windowsVirtualKeyCode": codes[name], "modifiers": 8 if shift else 0}
        self.target.call("Input.dispatchKeyEvent", type="keyDown", **fields, **text)
        self.target.call("Input.dispatchKeyEvent", type="keyUp", **fields)

    def size(self, width: int, height: int, *, phone: bool = False, scale: float = 1) -> None:
        self.target.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=phone
        )
        self.target.call("Emulation.setTouchEmulationEnabled", enabled=phone)

    def prefer(self, **features: str) -> None:
        """Media preferences, such as prefers_color_scheme="dark"."""
        named = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.target.call("Emulation.setEmulatedMedia", features=named)

    def offline(self, is_offline: bool) -> None:
        self.target.call(
            "Network.emulateNetworkConditions",
            offline=is_offline,
            latency=0,
            downloadThroughput=-1,
            uploadThroughput=-1,
        )

    def screenshot(self, path: Path) -> None:
        picture = self.target.call("Page.captureScreenshot", format="png")["data"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(picture))

    def requests(self) -> list[str]:
        """Every address that the page asked for."""
        sent = [event for event in list(self.target.events) if event["method"] == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in sent]

    def complaints(self) -> list[str]:
        """What the browser's console holds against the page: errors, warnings, policy violations."""
        found = []
        for event in list(self.target.events):
            params = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                found.append(json.dumps(params["exceptionDetails"])[:500])
            elif event["method"] == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
                found.append(f"{params['entry']['source']}: {params['entry']['text']} {params['entry'].get('url', '')}")
            elif event["method"] == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
                found.append(json.dumps(params["args"])[:500])
        return found

    def close(self) -> None:
        self.target.call("Page.close")
        self.target.close()
