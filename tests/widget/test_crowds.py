"""What the widget shows, and how long it waits, while too many new chats come from the visitor's address."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.widget.browser import ChatPage
from tests.widget.chromium import wait_until
from tests.widget.fake_server import FakeServer, Fault

pytestmark = pytest.mark.browser
Open = Callable[..., ChatPage]

KIND = "Many people are starting a chat just now. One moment, please."
KIND_HINDI = "अभी बहुत से लोग चैट शुरू कर रहे हैं। कृपया एक क्षण रुकिए।"
BANNER = "document.querySelector('.link-state').textContent"
REFUSED = ("429",)  # Chromium puts every refused request on its console.


def crowded(wait: str | None, text: str = KIND) -> Fault:
    return Fault(429, text, {} if wait is None else {"Retry-After": wait})


def test_a_crowd_is_told_in_the_servers_words_and_the_chat_opens_by_itself(open_chat: Open, server: FakeServer) -> None:
    server.session_faults = [crowded("1"), crowded("2")]
    chat = open_chat(server.url, link="crowded")

    chat.wait(f"{BANNER}.includes({json.dumps(KIND)})")
    told = chat.tab.run(f"[{BANNER}, document.querySelector('.status').textContent]")
    chat.wait_online()
    chat.say("there we are")
    wait_until(lambda: server.texts == ["there we are"], "the message arrives")

    first, second, third = server.sessions_asked_at
    assert told == [f"{KIND} The chat opens by itself as soon as there is room.", "One moment…"]
    assert second - first >= 1
    assert third - second >= 2
    assert chat.tab.run(BANNER) == ""
    chat.assert_clean(but=REFUSED)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (320, 256)])
def test_while_one_waits_nothing_can_be_sent_and_it_says_why(
    open_chat: Open, server: FakeServer, scheme: str, width: int, height: int
) -> None:
    server.session_faults = [crowded("100")]
    chat = open_chat(server.url, link="crowded", width=width, height=height, prefers_color_scheme=scheme)

    found = chat.axe()
    chat.say("hello?")
    described = chat.tab.run(
        "[document.activeElement.id, document.activeElement.getAttribute('aria-disabled'), document.activeElement.value,"
        " document.getElementById(document.activeElement.getAttribute('aria-describedby')).textContent]"
    )
    pressable = chat.tab.run("[...document.querySelectorAll('.talk button:not(:disabled)')].filter(b => b.checkVisibility()).length")

    assert found == []
    assert described == ["message", "true", "", "You can write as soon as the chat opens."]
    assert pressable == 0
    assert chat.messages() == []
    assert chat.tab.run("document.documentElement.scrollWidth <= innerWidth")
    chat.assert_clean(but=REFUSED)


def test_the_words_come_in_the_language_that_is_read(open_chat: Open, server: FakeServer) -> None:
    server.session_faults = [crowded("100"), crowded("100", KIND_HINDI)]
    chat = open_chat(server.url, link="crowded")

    chat.press("हिन्दी")
    chat.wait(f"{BANNER}.includes({json.dumps(KIND_HINDI)})")

    assert server.languages == [None, "hi"]
    assert chat.tab.run("document.querySelector('.link-state [lang]').lang") == "hi"
    assert "अपने-आप खुल जाएगी" in chat.tab.run(BANNER)
    assert "जैसे ही चैट खुलेगी" in chat.tab.run("document.querySelector('#composer-note').textContent")
    assert chat.axe() == []


@pytest.mark.parametrize("text", ["<img src=x onerror=window.hit=1>", ""])
def test_the_servers_words_are_words_and_there_are_some_without_them(
    open_chat: Open, server: FakeServer, text: str
) -> None:
    server.session_faults = [crowded(None, text)]
    chat = open_chat(server.url, link="crowded")

    chat.wait(f"{BANNER}.includes({json.dumps(text or 'Many people are starting a chat')})")

    assert chat.tab.run("document.querySelector('.link-state img') === null && window.hit === undefined")
    chat.wait_online()
    chat.assert_clean(but=REFUSED)


def test_a_lost_session_in_a_crowd_keeps_what_is_written_and_comes_back(open_chat: Open, server: FakeServer) -> None:
    chat = open_chat(server.url)
    server.session_faults = [crowded("0.5") for _ in range(7)]
    chat.write("not sent yet")

    server.expire()
    chat.wait_link("crowded")
    chat.tab.key("Enter")
    kept = chat.tab.run("document.querySelector('#message').value")
    chat.wait_online()
    chat.tab.key("Enter")
    wait_until(lambda: server.texts == ["not sent yet"], "the message arrives")

    assert kept == "not sent yet"
    assert server.sessions_opened == 2


def test_a_message_on_its_way_waits_for_the_crowd_and_arrives_once(open_chat: Open, server: FakeServer) -> None:
    chat = open_chat(server.url)
    server.session_faults = [crowded("2")]
    server.talks.clear()

    chat.say("on its way")
    chat.wait_link("crowded")
    state = chat.messages()[0].state
    wait_until(lambda: server.texts == ["on its way"], "the message arrives")
    chat.wait_online()

    assert state == "waiting"


def test_a_chat_that_is_ended_while_it_waits_asks_no_more(open_chat: Open, server: FakeServer) -> None:
    server.session_faults = [crowded("100")]
    chat = open_chat(server.url, link="crowded")

    chat.press("End chat")
    chat.tab.click("document.querySelector('[data-action=confirm-end]')")
    chat.wait("document.querySelector('.start-new').checkVisibility()")
    asked = len(server.sessions_asked_at)
    chat.press("Start a new chat")
    chat.wait_online()
    chat.say("again")
    wait_until(lambda: server.texts == ["again"], "the message arrives")

    assert asked == 1
    assert len(server.sessions_asked_at) == 2


def test_a_wait_is_neither_nothing_nor_for_ever_and_not_everybodys_the_same(open_chat: Open, server: FakeServer) -> None:
    chat = open_chat(server.url)

    def wait(header: str | None, random: float = 0) -> float:
        headers = json.dumps({} if header is None else {"Retry-After": header})
        return float(chat.tab.run(
            "import('/static/server.js').then(({ waitAsked }) =>"
            f" waitAsked(new Response(null, {{ headers: {headers} }}), () => {random}))"
        ))  # fmt: skip

    assert [wait(header) for header in ("2", "0.7", "0", "-3")] == [2000, 700, 500, 500]
    assert [wait(header) for header in (None, "", "soon", "Wed, 21 Oct 2026 07:28:00 GMT")] == [5000] * 4
    assert [wait(header) for header in ("60", "86400", "Infinity")] == [60_000, 120_000, 120_000]
    assert wait("60", 1) == 75_000
