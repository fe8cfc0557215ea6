"""The widget's talk with the server: no message lost, none doubled, whatever the network and the tabs do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.widget.browser import ChatPage
from tests.widget.chromium import wait_until
from tests.widget.fake_server import FakeServer, Fault

pytestmark = pytest.mark.browser
Open = Callable[..., ChatPage]


def echo(server: FakeServer, talk: str, message: dict[str, Any]) -> None:
    server.say(f"heard {message.get('text') or message.get('title') or 'details'}", talk=talk)


@pytest.fixture
def echoing(server: FakeServer) -> FakeServer:
    server.answer = echo
    return server


def test_a_message_and_its_answer_stand_once_with_their_time(open_chat: Open, echoing: FakeServer) -> None:
    chat = open_chat(echoing.url)

    chat.say("what's my balance?")
    chat.wait_for("heard what's my balance?")

    assert chat.texts() == ["what's my balance?", "heard what's my balance?"]
    assert "10:42" in chat.tab.run("document.querySelector('.log time').textContent")
    chat.assert_clean()


def test_own_words_stand_before_their_answer_though_the_server_never_repeats_them(
    open_chat: Open, echoing: FakeServer
) -> None:
    echoing.tells_own = False
    chat = open_chat(echoing.url)

    for words in ("one", "two", "three"):
        chat.say(words)
        chat.wait_for(f"heard {words}")

    assert chat.texts() == ["one", "heard one", "two", "heard two", "three", "heard three"]


def test_a_new_token_for_the_same_talk_clears_nothing(open_chat: Open, echoing: FakeServer) -> None:
    chat = open_chat(echoing.url)
    chat.say("before")
    chat.wait_for("heard before")

    fresh = echoing.replace_token()
    wait_until(lambda: echoing.streams_refused == 1, "the page comes back with the old token")
    chat.tab.target.call("Network.setCookie", url=echoing.url, name="talk", value=fresh, httpOnly=True, path="/")
    wait_until(lambda: len(echoing.streams_opened) == 2, "the page comes back with the new token")
    echoing.say("after")
    chat.wait_for("after")

    assert chat.texts() == ["before", "heard before", "after"]
    assert echoing.sessions_opened == 1


def test_a_reload_keeps_the_talk(open_chat: Open, echoing: FakeServer) -> None:
    chat = open_chat(echoing.url)
    chat.say("hello")
    chat.wait_for("heard hello")
    before = chat.texts()

    chat.reload()
    chat.wait_for("heard hello")

    assert chat.texts() == before
    assert echoing.sessions_opened == 2
    assert len(echoing.talks) == 1
    chat.assert_clean()


def test_two_tabs_show_the_same_talk(open_chat: Open, echoing: FakeServer) -> None:
    one = open_chat(echoing.url)
    other = open_chat(echoing.url, beside=one)

    one.say("from one")
    other.wait_for("heard from one")
    other.say("from the other")
    one.wait_for("heard from the other")
    other.wait_for("heard from the other")

    expected = ["from one", "heard from one", "from the other", "heard from the other"]
    assert one.texts() == expected
    assert other.texts() == expected


def test_messages_written_offline_go_out_once_and_in_order(open_chat: Open, echoing: FakeServer) -> None:
    chat = open_chat(echoing.url)

    chat.tab.offline(True)
    chat.wait("document.querySelector('.link-state').textContent.startsWith('You’re offline')")
    chat.say("first")
    chat.say("second")
    waiting = [(message.text, message.state) for message in chat.messages()]
    chat.tab.offline(False)
    chat.wait_for("heard second")

    assert waiting == [("first", "waiting"), ("second", "waiting")]
    assert echoing.texts == ["first", "second"]
    assert sorted(chat.texts("you")) == ["first", "second"]
    assert chat.texts("bot") == ["heard first", "heard second"]
    chat.wait("document.querySelector('.link-state').textContent === ''")


def test_what_is_said_while_the_line_is_down_arrives_once(open_chat: Open, server: FakeServer) -> None:
    chat = open_chat(server.url)
    server.say("before")
    chat.wait_for("before")

    server.refuses_streams = True
    server.drop_streams()
    chat.wait("document.querySelector('.cardbot').dataset.link === 'connecting'")
    server.say("meanwhile")
    server.refuses_streams = False
    chat.wait_for("meanwhile")
    server.say("after")
    chat.wait_for("after")

    assert chat.texts() == ["before", "meanwhile", "after"]
    assert server.streams_opened == [None, "1"]


def test_a_lost_answer_is_asked_for_again_with_the_same_id(open_chat: Open, echoing: FakeServer) -> None:
    chat = open_chat(echoing.url)
    echoing.faults = [Fault(0)]

    chat.say("once")
    chat.wait_for("heard once")
    wait_until(lambda: len(echoing.received) == 2, "the message is sent again")
    chat.wait("document.querySelector('[data-from=you]').dataset.state === 'sent'")

    assert echoing.received[0]["id"] == echoing.received[1]["id"]
    assert chat.texts() == ["once", "heard once"]


def test_a_server_in_trouble_gets_the_message_later(open_chat: Open, echoing: FakeServer) -> None:
    chat = open_chat(echoing.url)
    echoing.faults = [Fault(503), Fault(502)]

    chat.say("patience")
    chat.wait_for("heard patience")

    assert chat.texts() == ["patience", "heard patience"]


def test_too_many_messages_are_sent_again_when_the_server_says_so(open_chat: Open, echoing: FakeServer) -> None:
    chat = open_chat(echoing.url)
    echoing.faults = [Fault(429, "One moment, please.", {"Retry-After": "0.5"})]

    chat.say("quickly")
    chat.wait("document.querySelector('.state')?.textContent === 'One moment, please.'")
    chat.wait_for("heard quickly")

    assert chat.texts() == ["quickly", "heard quickly"]


def test_a_refused_message_says_why_and_can_be_edited(open_chat: Open, echoing: FakeServer) -> None:
    chat = open_chat(echoing.url)
    echoing.faults = [Fault(413, "That is a little long for us.")]

    chat.say("a long story")
    chat.wait("document.querySelector('[data-state=failed] .state')?.textContent.includes('a little long')")
    chat.press("Edit")

    assert chat.tab.run("document.querySelector('#message').value") == "a long story"
    assert chat.messages() == []
    chat.tab.key("Enter")
    chat.wait_for("heard a long story")


def test_a_lost_session_is_opened_once_more_and_the_message_arrives(open_chat: Open, echoing: FakeServer) -> None:
    chat = open_chat(echoing.url)
    chat.say("old secret")
    chat.wait_for("heard old secret")

    echoing.expire()
    chat.wait("document.querySelector('.notice').textContent.includes('new one')")
    chat.say("still there?")
    chat.wait_for("heard still there?")

    assert chat.texts() == ["still there?", "heard still there?"]
    assert echoing.sessions_opened == 2


def test_a_new_talk_in_one_tab_reaches_the_other(open_chat: Open, echoing: FakeServer) -> None:
    one = open_chat(echoing.url)
    other = open_chat(echoing.url, beside=one)
    one.say("first talk")
    other.wait_for("heard first talk")

    echoing.expire()
    for page in (one, other):
        page.wait("document.querySelector('.log .message') === null")
        page.wait_online()
    one.say("second talk")
    one.wait_for("heard second talk")
    other.wait_for("heard second talk")

    assert other.texts() == ["second talk", "heard second talk"]


def test_words_that_were_not_sent_yet_survive_a_reload(open_chat: Open, echoing: FakeServer) -> None:
    chat = open_chat(echoing.url)
    echoing.faults = [Fault(503) for _ in range(3)]

    chat.say("please keep this")
    chat.wait("document.querySelector('[data-state=waiting]') !== null")
    echoing.faults = []
    chat.reload()
    chat.wait_for("heard please keep this")

    assert chat.texts() == ["please keep this", "heard please keep this"]


def test_numbers_never_rest_in_the_browsers_store(open_chat: Open, echoing: FakeServer) -> None:
    chat = open_chat(echoing.url)
    echoing.faults = [Fault(503), Fault(503)]

    chat.say("my card ends in 8305")
    chat.wait("document.querySelector('[data-state=waiting]') !== null")
    stored = chat.tab.run("JSON.stringify({...localStorage, ...sessionStorage})")
    chat.wait_for("heard my card ends in 8305")

    assert "8305" not in stored


def test_the_server_hears_how_far_the_cardholder_has_seen(open_chat: Open, server: FakeServer) -> None:
    chat = open_chat(server.url)

    server.say("one")
    server.say("two")
    chat.wait_for("two")

    wait_until(lambda: server.acks[-1:] == [2], "an acknowledgement up to the last message")


def test_a_minimised_chat_acknowledges_nothing_until_it_is_opened(open_chat: Open, server: FakeServer) -> None:
    chat = open_chat(server.url)
    chat.press("Minimise chat")

    server.say("unseen")
    chat.wait("document.querySelector('.launcher').dataset.unread === '1'")
    before = list(server.acks)
    chat.press("Chat with us, 1 new")

    wait_until(lambda: server.acks == [1], "an acknowledgement after opening")
    assert before == []


def test_ending_the_chat_clears_every_tab(open_chat: Open, echoing: FakeServer) -> None:
    one = open_chat(echoing.url)
    other = open_chat(echoing.url, beside=one)
    one.say("something private")
    other.wait_for("heard something private")

    one.press("End chat")
    one.tab.click("document.querySelector('[data-action=confirm-end]')")

    for page in (one, other):
        page.wait("document.querySelector('.ended').hidden === false")
        assert "private" not in page.tab.run("document.body.textContent")
    assert echoing.talks == {}
    one.press("Start a new chat")
    one.wait_online()
    one.say("again")
    one.wait_for("heard again")
    assert one.texts() == ["again", "heard again"]


def test_a_chat_that_could_not_be_ended_says_so_and_tries_again(open_chat: Open, echoing: FakeServer) -> None:
    chat = open_chat(echoing.url)
    chat.say("hello")
    chat.wait_for("heard hello")

    chat.tab.offline(True)
    chat.press("End chat")
    chat.tab.click("document.querySelector('[data-action=confirm-end]')")
    chat.wait("document.querySelector('.ended-text').textContent.includes('couldn’t reach')")
    chat.tab.offline(False)
    chat.press("Try to close it again")

    wait_until(lambda: echoing.talks == {}, "the talk is ended on the server")
    chat.wait("document.querySelector('.retry-end').hidden")


def test_a_session_that_the_server_closes_leaves_an_empty_screen(open_chat: Open, echoing: FakeServer) -> None:
    chat = open_chat(echoing.url)
    chat.say("hello")
    chat.wait_for("heard hello")

    echoing.expire(tell=True)

    chat.wait("document.querySelector('.ended').hidden === false")
    assert chat.messages() == []
