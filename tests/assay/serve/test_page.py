"""The web page in a real browser: what it shows, what it lets run, and for whom it is usable."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from assay.serve.page.examples import WRITTEN
from assay_sandbox import SandboxUnavailable
from assay_sandbox.backend import choose
from tests.assay.serve.browser import NAMES, Page, chromium, find
from tests.assay.serve.keyring import SECRETS, key

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = SECRETS["alice"]
STATIC = Path(str(resources.files("assay.serve.page"))) / "static"
VIEWS = ("", "verify/math", "play/test/counting", "run", "metrics")
TAB, ENTER, CONTROL = ("Tab", 9), ("Enter", 13), 2


@pytest.fixture(scope="module")
def url(guarded: str) -> str:
    return f"{guarded}/"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page(url: str) -> AsyncIterator[Page]:
    """The page, opened once; each test goes where it wants by the part after #."""
    path = find()
    if path is None:
        pytest.skip(f"no Chromium here; install one of: {', '.join(NAMES)}")
    async with chromium(path) as tab:
        await tab.send("Network.enable")
        await tab.look()
        await tab.goto(url)
        await tab.fill("#key", KEY)
        await tab.until("document.querySelector('.tile')")
        tab.complaints.clear()  # of the time before the key
        yield tab


@pytest.fixture(scope="module")
def sandbox() -> str:
    """The back-end that programs run in; a test that needs one is skipped where there is none."""
    try:
        return choose().name
    except SandboxUnavailable as error:
        pytest.skip(str(error))


async def go(page: Page, where: str) -> None:
    """Show a view and wait for what it is made of."""
    await page.js(f"location.hash = '#/gone'; location.hash = '#/{where}'")
    await page.until("document.querySelector('#view h2')")
    await page.until("!document.querySelector('#view [aria-busy]')")


# ── in a browser ─────────────────────────────────────────────────────────────────────────────────


async def test_everything_offered_is_listed_and_a_search_narrows_it(page: Page) -> None:
    await go(page, "")
    names = await page.js("[...document.querySelectorAll('.tile strong')].map(e => e.innerText)")
    assert {"math", "code", "text", "logic/countdown", "test/markup", "test/counting"} <= set(names)

    await page.fill("#search", "COUNTDOWN")
    assert set(
        await page.js("[...document.querySelectorAll('.tile strong')].map(e => e.innerText)")
    ) == {"logic/countdown"}
    assert "Environments: 1" in await page.js(
        "document.querySelector('#view [role=status]').innerText"
    )

    await page.fill("#search", "no such thing")
    assert "None has this word" in await page.text("#view")


async def test_a_verifiers_example_is_judged_and_a_change_is_seen(page: Page) -> None:
    await go(page, "verify/math")
    await page.until("document.querySelector('#response').value.includes('boxed')")
    await page.click("form.card button")
    await page.until("document.querySelector('.stamp strong')")
    assert await page.text(".stamp strong") == "Correct"

    await page.fill("#answer", "7")
    await page.click("form.card button")
    await page.until("document.querySelector('.stamp strong').innerText === 'Incorrect'")
    assert "mismatch" in await page.text("#verdict")


async def test_a_mistake_is_told_beside_the_form(page: Page) -> None:
    await go(page, "verify/math")
    for options, told in (("[1]", "JSON object"), ('{"tolerence": 1}', "tolerence")):
        await page.fill("#options", options)
        await page.click("form.card button")
        await page.until("document.querySelector('#verdict [role=alert]')")
        assert told in await page.text("#verdict [role=alert]")
        await page.js("document.querySelector('#verdict').replaceChildren()")


async def test_every_turn_of_an_episode_is_played_by_keyboard_alone(page: Page) -> None:
    await go(page, "play/test/counting")
    await page.js("document.querySelector('form.card button').focus()")
    await page.press(*ENTER)
    await page.until("document.activeElement.id === 'action'")
    for number in ("1", "2", "3"):
        await page.send("Input.insertText", text=number)
        await page.press(*ENTER, modifiers=CONTROL)
        await page.until(
            f"document.querySelectorAll('#talk [data-role=assistant]').length == {number}"
        )
    await page.until("document.querySelector('.stamp strong')")
    assert await page.text(".stamp strong") == "Correct"
    assert "2 of 3 heard" in await page.text("#talk")


async def test_a_task_is_shown_as_its_picture_and_its_answer_is_nowhere(page: Page) -> None:
    await go(page, "play/logic/sudoku")
    await page.click("form.card button")
    await page.until("document.querySelector('img.picture')?.naturalWidth > 0")
    assert await page.js("document.querySelector('img.picture').src.startsWith('blob:')")
    assert await page.text("#talk li p") != ""

    await go(page, "play/test/markup")
    await page.click("form.card button")
    await page.until("document.querySelector('#talk li')")
    shown = await page.js("document.documentElement.outerHTML")
    assert "the secret answer" not in shown
    assert "the proof" not in shown


async def test_no_text_or_picture_of_a_plug_in_runs(page: Page) -> None:
    page.complaints.clear()
    for where in ("", "verify/test/markup", "play/test/markup"):
        await go(page, where)
        if where:
            await page.js("document.querySelectorAll('[required]').forEach(e => e.value = e.id)")
            await page.click("form.card button")
            await page.until("document.querySelector('#verdict dd, img.picture')")
        await asyncio.sleep(0.1)  # a picture's load event, if it had one
        assert "<script>" in await page.text("#view")
        assert await page.js(
            "window.hacked === undefined && !document.querySelector('#view script')"
        )
    assert page.complaints == []


async def test_nothing_is_fetched_from_elsewhere(page: Page, url: str) -> None:
    page.requests.clear()
    for where in (*VIEWS, "play/test/markup"):
        await go(page, where)
    await page.click("form.card button")
    await page.until("document.querySelector('img.picture')")
    assert len(page.requests) > len(VIEWS)
    assert [each for each in page.requests if not each.startswith((url, "blob:"))] == []


async def test_a_program_is_run_and_its_output_shown(page: Page, sandbox: str) -> None:
    await go(page, "run")
    await page.fill("#source", "import sys; print('<b>', 6 * 7); sys.exit(3)")
    await page.click("form.card button")
    await page.until("document.querySelector('#result .stamp')")
    shown = await page.text("#result")
    assert "<b> 42" in shown
    assert "nonzero_exit" in shown
    assert sandbox in shown


async def test_metrics_move_with_what_the_server_does(page: Page, url: str) -> None:
    await go(page, "metrics")
    count = "[...document.querySelectorAll('.tables tr')].find(r => r.innerText.startsWith('text'))"
    item = {"verifier": "text", "response": "a", "answer": "a"}
    await post(f"{url}v1/verify", {"items": [item] * 7})
    await page.until(f"{count}?.cells[1].innerText === '7'")
    assert await page.js("document.querySelectorAll('.chart .line[d^=M]').length") > 5


async def test_a_keyboard_reaches_the_content_first_and_every_view(page: Page) -> None:
    await page.js("document.activeElement.blur(); window.scrollTo(0, 0)")
    await go(page, "")
    await page.js("document.querySelector('.skip').focus()")
    reached = []
    for _ in range(4 + len(VIEWS)):
        await page.press(*TAB)
        reached.append(
            await page.js("document.activeElement.innerText || document.activeElement.id")
        )
    assert reached[2:7] == ["Offer", "Verify", "Play", "Run", "Metrics"]
    await page.js("document.querySelector('nav a:nth-child(4)').focus()")
    await page.press(*ENTER)
    await page.until("document.querySelector('h2')?.innerText === 'Run a program'")
    assert await page.js("document.activeElement.id") == "view"
    assert await page.text("nav [aria-current=page]") == "Run"


async def test_every_control_and_picture_has_a_name(page: Page) -> None:
    wanted = {"button", "textbox", "searchbox", "combobox", "spinbutton", "link", "image", "meter"}
    seen = set()
    for where in (*VIEWS, "play/test/markup"):
        await go(page, where)
        if where.startswith("play"):
            await page.click("form.card button")
            await page.until("document.querySelector('img.picture')")
        tree = await page.send("Accessibility.getFullAXTree")
        nodes = [
            (node["role"]["value"], node.get("name", {}).get("value", ""))
            for node in tree["nodes"]
            if not node.get("ignored") and node.get("role", {}).get("value") in wanted
        ]
        seen |= {role for role, _ in nodes}
        assert [role for role, name in nodes if not name.strip()] == [], where
    assert {"button", "textbox", "searchbox", "combobox", "spinbutton", "link", "image"} <= seen


CONTRAST = """
(() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const light = (colour) => {
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const part = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
      .map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (colour !== 'rgba(0, 0, 0, 0)') return colour;
    }
    return 'white';
  };
  const poor = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !element.checkVisibility()) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(`${element.tagName}.${element.className} ${ratio.toFixed(2)}`);
  }
  return poor;
})()
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_stands_out_in_light_and_dark(page: Page, scheme: str) -> None:
    await page.look(scheme=scheme)
    paper = await page.js("getComputedStyle(document.body).backgroundColor")
    assert (int(re.findall(r"\d+", paper)[0]) > 128) == (scheme == "light")
    for where in VIEWS:
        await go(page, where)
        if where.startswith("verify"):
            await page.fill("#answer", "7")
            await page.click("form.card button")
            await page.until("document.querySelector('.stamp')")
        assert await page.js(CONTRAST) == [], where
    await page.look()


async def test_a_narrow_window_shows_everything_without_scrolling_sideways(page: Page) -> None:
    await page.look(width=340, height=700)
    for where in (*VIEWS, "play/test/markup"):
        await go(page, where)
        if where.startswith("play"):
            await page.click("form.card button")
            await page.until("document.querySelector('#talk li')")
        assert await page.js("document.documentElement.scrollWidth <= innerWidth"), where
    await page.look()


async def test_the_key_is_kept_in_memory_only(page: Page, url: str) -> None:
    await go(page, "")
    assert (
        await page.js("localStorage.length + sessionStorage.length + document.cookie.length") == 0
    )
    assert KEY not in await page.js("document.documentElement.outerHTML + location.href")
    await page.js("location.reload()")
    await page.until("document.querySelector('#view [role=alert]')")
    assert "API key" in await page.text("#view [role=alert]")
    await page.fill("#key", KEY)
    await page.until("document.querySelector('.tile')")
    page.complaints.clear()


# ── what is sent ─────────────────────────────────────────────────────────────────────────────────


async def post(url: str, body: object) -> Any:
    """What the server answers to a caller with the key."""
    headers = key("alice")
    async with aiohttp.ClientSession() as http, http.post(url, json=body, headers=headers) as reply:
        assert reply.status == 200
        return await reply.json()


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


async def get(url: str, **headers: str) -> Reply:
    async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as reply:
        return Reply(reply.status, reply.headers, await reply.read())


async def test_every_file_is_sent_with_a_policy_that_runs_nothing_else(url: str) -> None:
    for name in ("", *(f"page/{each.name}" for each in STATIC.iterdir())):
        reply = await get(url + name)
        assert reply.status == 200, name
        policy = dict(
            part.strip().split(" ", 1)
            for part in reply.headers["Content-Security-Policy"].split(";")
        )
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_file_is_sent_once_and_then_known(url: str) -> None:
    first = await get(f"{url}page/style.css")
    again = await get(f"{url}page/style.css", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    "path", ["page/", "page/nothing.js", "page/..%2fexamples.py", "page/%2e%2e/examples.py"]
)
async def test_only_the_pages_own_files_are_sent(url: str, path: str) -> None:
    reply = await get(url + path)
    assert reply.status in (401, 404)
    assert b"import" not in reply.body


async def test_without_a_key_the_page_is_sent_and_no_data(url: str) -> None:
    assert (await get(url)).status == 200
    assert (await get(f"{url}v1/envs")).status == 401


@pytest.mark.parametrize("name", [*(set(WRITTEN) - {"judge", "code"}), "logic/countdown"])
async def test_the_example_of_a_verifier_is_right(url: str, name: str) -> None:
    example = json.loads((await get(f"{url}page/example?verifier={name}")).body)
    verdict = await post(f"{url}v1/verify", {"verifier": name, **example})
    assert verdict["outcome"] == "correct", verdict


async def test_a_verifier_without_an_example_has_none(url: str) -> None:
    assert json.loads((await get(f"{url}page/example?verifier=nothing")).body) is None
