"""A headless Chromium, driven by its DevTools protocol over one web socket.

Enough of a browser for tests of the page: go somewhere, run JavaScript there, wait until something
is so, press keys, look. Whatever the page complains about (an exception, a blocked script, a failed
request) is collected in ``complaints``, and where it asked for anything in ``requests``. Nothing is
downloaded: the system's Chromium is used.
"""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_FLAGS = (
    "--headless=new",
    "--no-sandbox",  # of the browser: the tests run as root, in a container
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--remote-debugging-port=0",
)
_PATIENCE_S = 30.0


def find() -> str | None:
    """The path of a Chromium, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """One tab."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self._socket = socket
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reader = asyncio.create_task(self._read())

    async def goto(self, url: str) -> None:
        """Load ``url`` and wait until its scripts have been run."""
        await self.send("Page.navigate", url=url)
        await self.until(
            f"location.href === {json.dumps(url)} && document.readyState === 'complete'"
        )

    async def js(self, expression: str) -> Any:
        """The value of a JavaScript expression; a promise is awaited."""
        reply = await self.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in reply:
            raise RuntimeError(json.dumps(reply["exceptionDetails"])[:2000])
        return reply["result"].get("value")

    async def until(self, condition: str) -> None:
        """Wait until a JavaScript condition is true."""
        end = asyncio.get_running_loop().time() + _PATIENCE_S
        while not await self.js(f"Boolean({condition})"):
            if asyncio.get_running_loop().time() > end:
                body = await self.js("document.body.innerText")
                raise TimeoutError(f"never: {condition}; complaints: {self.complaints}; on {body}")
            await asyncio.sleep(0.05)

    async def click(self, selector: str) -> None:
        await self.js(f"document.querySelector({json.dumps(selector)}).click()")

    async def fill(self, selector: str, value: str) -> None:
        """What typing ``value`` into a field leads to."""
        await self.js(
            f"(() => {{ const field = document.querySelector({json.dumps(selector)});"
            f"field.value = {json.dumps(value)};"
            "for (const kind of ['input', 'change'])"
            "  field.dispatchEvent(new Event(kind, {bubbles: true})); })()"
        )

    async def text(self, selector: str) -> str:
        """What an element shows; "" where there is none."""
        found = await self.js(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")
        return str(found)

    async def press(self, key: str, code: int, modifiers: int = 0) -> None:
        """One key, as from a keyboard: its name and its virtual code."""
        typed = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            await self.send(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                windowsVirtualKeyCode=code,
                modifiers=modifiers,
                **(typed if kind == "keyDown" else {}),
            )

    async def look(self, *, width: int = 1280, height: int = 900, scheme: str = "light") -> None:
        """Be a window of that size, on a system of that colour scheme."""
        await self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        await self.send("Emulation.setEmulatedMedia", features=[feature])

    async def picture(self) -> bytes:
        """The whole page as PNG."""
        reply = await self.send("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(reply["data"])

    async def send(self, method: str, **params: Any) -> dict[str, Any]:
        """One command of the protocol and its result."""
        number = len(self._waiting) + 1
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": params})
        return await asyncio.wait_for(future, _PATIENCE_S)

    async def close(self) -> None:
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)

    async def _read(self) -> None:
        async for message in self._socket:
            record = json.loads(message.data)
            if "id" not in record:
                self._note(record["method"], record["params"])
            elif "error" in record:
                self._waiting[record["id"]].set_exception(RuntimeError(str(record["error"])))
            else:
                self._waiting[record["id"]].set_result(record["result"])

    def _note(self, event: str, params: dict[str, Any]) -> None:
        if event == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif event == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(params["exceptionDetails"])[:500])
        elif event == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.complaints.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")


@asynccontextmanager
async def chromium(path: str) -> AsyncIterator[Page]:
    """A tab of a fresh browser, which is gone at the end."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            path,
            *_FLAGS,
            f"--user-data-dir={profile}",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            port = await _port(Path(profile))
            async with aiohttp.ClientSession() as http:
                async with http.put(f"http://127.0.0.1:{port}/json/new?about:blank") as reply:
                    address = (await reply.json(content_type=None))["webSocketDebuggerUrl"]
                async with http.ws_connect(address, max_msg_size=0) as socket:
                    page = Page(socket)
                    for domain in ("Page", "Runtime", "Log", "Network"):
                        await page.send(f"{domain}.enable")
                    yield page
                    await page.close()
        finally:
            process.kill()
            await process.wait()


async def _port(profile: Path) -> int:
    """Where the browser listens, which it writes down once it does."""
    file = profile / "DevToolsActivePort"
    async with asyncio.timeout(_PATIENCE_S):
        while not (file.exists() and "\n" in file.read_text()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return int(file.read_text().partition("\n")[0])
