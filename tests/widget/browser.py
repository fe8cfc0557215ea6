"""The chat page as a person uses it, for tests against any Cardbot server.

    from tests.widget.browser import chromium, open_chat

    def test_something(open_chat):
        chat = open_chat(base_url)
        chat.say("what's my balance")
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.widget.chromium import Chromium, Tab, find_chromium, wait_until

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
MESSAGES = """[...document.querySelectorAll('.log .message')].map(node => ({
    sender: node.dataset.from,
    text: [...node.querySelectorAll('.text .line')].map(line => line.textContent).join('\\n'),
    state: node.dataset.state || 'sent',
    id: node.dataset.id ? Number(node.dataset.id) : null,
    buttons: [...node.querySelectorAll('.choices button')].filter(b => !b.disabled).map(b => b.textContent),
    card: node.querySelector('form.card') !== null,
}))"""


@dataclass(frozen=True)
class Message:
    """One bubble: who said it, the words, how far it got, and the questions in it that can still be answered."""

    sender: str
    text: str
    state: str
    id: int | None
    buttons: list[str]
    card: bool


class ChatPage:
    """A tab with the chat in it. Every method waits until the page is ready for it."""

    def __init__(self, tab: Tab, base_url: str) -> None:
        self.tab = tab
        self.base_url = base_url.rstrip("/")

    def open(self, path: str = "/", link: str = "online") -> ChatPage:
        """Goes to the page and waits until the chat is connected, or until its link is in another state."""
        self.tab.go(self.base_url + path)
        return self.wait_link(link)

    def reload(self) -> ChatPage:
        self.tab.run("window.isOldPage = true")
        self.tab.reload()
        self.wait("window.isOldPage !== true", "the page is loaded again")
        return self.wait_online()

    def wait_online(self) -> ChatPage:
        return self.wait_link("online")

    def wait_link(self, state: str) -> ChatPage:
        """Waits until the chat is "connecting", "online", "offline" or "crowded"."""
        self.wait(f"document.querySelector('.cardbot')?.dataset.link === '{state}'", f"the chat is {state}")
        return self

    def wait(self, condition: str, what: str | None = None, patience: float = 15.0) -> None:
        """Waits for an expression of the page to be true; while the page changes it may fail."""

        def holds() -> bool:
            try:
                return bool(self.tab.run(f"Boolean({condition})"))
            except AssertionError:
                return False

        wait_until(holds, what or condition, patience)

    def write(self, text: str) -> None:
        """Puts a text into the message box without sending it."""
        self.tab.click("document.querySelector('#message')")
        self.tab.paste(text)

    def say(self, text: str) -> None:
        """Writes a message and presses Enter."""
        self.write(text)
        self.tab.key("Enter")

    def press(self, title: str) -> None:
        """Clicks the last button of that title that can be pressed."""
        name = json.dumps(title)
        self.tab.click(
            "[...document.querySelectorAll('#cardbot button:not(:disabled)')]"
            f".filter(b => b.checkVisibility() && (b.textContent.trim() === {name}"
            f" || b.getAttribute('aria-label') === {name})).at(-1)"
        )

    def fill_card(self, last_four: str, expiry: str, date_of_birth: str, *, submit: bool = True) -> None:
        """Types the details into the open secure card, and sends it."""
        values = {"last_four": last_four, "card_expiry": expiry, "date_of_birth": date_of_birth}
        for name, value in values.items():
            self.tab.click(f"""document.querySelector('form.card [data-field="{name}"]')""")
            self.tab.type(value)
        if submit:
            self.tab.click("document.querySelector('form.card [type=submit]')")

    def messages(self) -> list[Message]:
        """The bubbles on the screen, oldest first."""
        return [Message(**found) for found in self.tab.run(MESSAGES)]

    def texts(self, sender: str | None = None) -> list[str]:
        return [message.text for message in self.messages() if sender in (None, message.sender)]

    def wait_for(self, words: str, *, sender: str = "bot", patience: float = 15.0) -> Message:
        """The newest bubble of a sender that holds these words, as soon as there is one."""

        def find() -> Message | None:
            fitting = [m for m in self.messages() if m.sender == sender and words in m.text]
            return fitting[-1] if fitting else None

        try:
            message: Message = wait_until(find, words, patience)
        except AssertionError as error:
            raise AssertionError(f"{error}; on the screen: {self.texts()}") from None
        return message

    def wait_for_card(self, patience: float = 15.0) -> None:
        self.wait("document.querySelector('form.card') !== null", "a secure card is open", patience)

    def wait_idle(self) -> None:
        """Waits until nothing moves: no animation, no typing, every message taken."""
        self.wait("document.getAnimations().filter(a => a.effect.getTiming().iterations === 1).length === 0")
        self.wait("document.querySelector('.log').getAttribute('aria-busy') === null")
        self.wait("document.fonts.status === 'loaded'")

    def axe(self) -> list[str]:
        """What axe-core holds against the page as it stands."""
        self.wait_idle()
        self.tab.run(AXE.read_text(encoding="utf-8") + ";true")
        found = self.tab.run(
            "axe.run(document, {resultTypes: ['violations', 'incomplete']}).then(r => r.violations.map("
            "v => v.id + ': ' + v.nodes.map(n => n.target.join(' ') + ' ' + n.failureSummary).join(' | ')))"
        )
        return list(found)

    def assert_clean(self, *, but: tuple[str, ...] = ()) -> None:
        """No console error, no policy violation, no request to another host; `but` names words that are expected."""
        complaints = [line for line in self.tab.complaints() if not any(word in line for word in but)]
        assert complaints == []
        outside = [url for url in self.tab.requests() if not url.startswith((self.base_url + "/", "data:"))]
        assert outside == []


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """A running browser; skipped without one, except on CI, where that is a failure."""
    path = find_chromium()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs Chromium: apt-get install chromium")
        pytest.skip("no Chromium on this machine (apt-get install chromium)")
    browser = Chromium(path)
    yield browser
    browser.close()


@pytest.fixture
def open_chat(chromium: Chromium) -> Iterator[Callable[..., ChatPage]]:
    """`open_chat(base_url)` opens the chat as a new visitor; with `beside=page`, in another tab of the same one; and waits for `link`."""
    visitors: dict[int, str] = {}
    tabs: list[Tab] = []

    def open_one(
        base_url: str,
        *,
        beside: ChatPage | None = None,
        width: int = 1280,
        height: int = 800,
        phone: bool = False,
        scale: float = 1,
        path: str = "/",
        link: str = "online",
        **preferences: str,
    ) -> ChatPage:
        visitor = chromium.visitor() if beside is None else visitors[id(beside.tab)]
        tab = chromium.tab(visitor)
        visitors[id(tab)] = visitor
        tabs.append(tab)
        tab.size(width, height, phone=phone, scale=scale)
        if preferences:
            tab.prefer(**preferences)
        return ChatPage(tab, base_url).open(path, link)

    yield open_one
    for tab in tabs:
        tab.target.close()
    for visitor in set(visitors.values()):
        chromium.forget(visitor)
