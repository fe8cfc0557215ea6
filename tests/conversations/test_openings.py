"""How talks on the web begin: in the language of the page, and not too many from one address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conversations.server import Server
from tests.conversations.visitor import Visitor
from tests.widget.browser import ChatPage, chromium, open_chat
from wibmo.sandbox import Sandbox

__all__ = ["chromium", "open_chat"]

MOST = 5


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, bank: Sandbox, model: Path) -> Iterator[Server]:
    settings = {"CARDBOT_NEW_TALKS_PER_MINUTE": str(MOST), "CARDBOT_TRUSTED_PROXIES": "127.0.0.1"}
    server = Server(tmp_path_factory.mktemp("var"), bank.url, model, settings)
    server.start()
    yield server
    server.stop()


def begin(server: Server, address: str, visitor: Visitor | None = None, **body: Any) -> requests.Response:
    """Open the widget behind the proxy at this address."""
    http = visitor.http if visitor else requests.Session()
    headers = {"X-Cardbot": "1", "X-Forwarded-For": address}
    return http.post(f"{server.url}/web/session", json=body, headers=headers, timeout=10)


def test_too_many_new_talks_from_one_address_are_refused_kindly_and_nobody_else_is(server: Server) -> None:
    replies = [begin(server, "198.51.100.1") for _ in range(2 * MOST)]
    forged = begin(server, "203.0.113.77, 198.51.100.1")
    other = begin(server, "198.51.100.2")

    assert [reply.status_code for reply in replies] == [200] * MOST + [429] * MOST
    assert "Many chats are opening" in replies[-1].json()["text"]
    assert 1 <= int(replies[-1].headers["retry-after"]) <= 60
    assert "set-cookie" not in replies[-1].headers
    assert forged.status_code == 429
    assert other.status_code == 200


@pytest.mark.browser
@pytest.mark.parametrize(("language", "words"), [("en", "Many chats are opening"), ("hi", "बहुत-सी चैट एक साथ")])
def test_the_page_of_who_is_refused_says_so_and_whom_to_call(
    server: Server, open_chat: Callable[..., ChatPage], language: str, words: str
) -> None:
    for _ in range(MOST):
        begin(server, "127.0.0.1")

    chat = open_chat(server.url, path=f"/?language={language}", link="crowded")
    chat.wait(f"document.querySelector('.link-state').textContent.includes('{words}')")

    assert chat.tab.run("document.querySelector('#message').readOnly")
    assert chat.tab.run("document.querySelector('.small a[href^=tel]').href") == "tel:18000000000"
    assert chat.axe() == []
    chat.assert_clean(but=("429",))


def test_who_has_a_talk_comes_back_to_it_as_often_as_they_like(server: Server) -> None:
    visitor = Visitor(server.url)

    replies = [begin(server, "198.51.100.3", visitor) for _ in range(3 * MOST)]

    assert [reply.json()["resumed"] for reply in replies] == [False] + [True] * (3 * MOST - 1)


@pytest.mark.parametrize("is_changed_later", [False, True])
def test_a_talk_begins_in_the_language_of_the_page(server: Server, is_changed_later: bool) -> None:
    visitor = Visitor(server.url)
    begin(server, f"198.51.100.{10 + is_changed_later}", visitor, **({} if is_changed_later else {"language": "hi"}))
    if is_changed_later:
        begin(server, "198.51.100.11", visitor, language="hi")
    visitor.open()

    answers = visitor.say("balance")
    visitor.close()

    assert any("\u0900" <= character <= "\u097f" for character in answers[-1])


@pytest.mark.parametrize("wished", ["xx", "", 5, None, ["hi"], {"hi": 1}, "hi\r\nX: y", "h" * 10_000])
def test_a_language_that_nobody_speaks_is_english(server: Server, wished: Any) -> None:
    reply = begin(server, f"198.51.100.{100 + hash(str(wished)) % 100}", language=wished)

    assert reply.json()["language"] == "en"
