"""The bank's page vouches for its visitor: where possession is required on the web, its signed token shows it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.conversations.cardholders import Holder, new_holder
from tests.conversations.server import Server
from tests.conversations.test_embedding import address_of, host
from tests.conversations.visitor import HEADERS, Visitor
from tests.widget.browser import ChatPage, chromium
from tests.widget.chromium import Chromium
from tests.widget.fake_server import FakeServer
from wibmo.sandbox import Sandbox

__all__ = ["chromium", "host"]

KEY = ec.generate_private_key(ec.SECP256R1())
Come = Callable[[], Visitor]


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, bank: Sandbox, model: Any, host: FakeServer
) -> Iterator[Server]:
    """A Cardbot that wants possession on the web, and knows the key of the bank's page."""
    var = tmp_path_factory.mktemp("vouched")
    public = var / "bank.pem"
    public.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    settings = {
        "CARDBOT_WEB_POSSESSION": "required",
        "CARDBOT_WEB_IDENTITY_KEYS": str(public),
        "CARDBOT_WEB_IDENTITY_ISSUER": "https://bank.example",
        "CARDBOT_PUBLIC_URL": "https://cards.example",
        "CARDBOT_ALLOWED_ORIGINS": address_of(host),
    }
    server = Server(var, bank.url, model, settings)
    server.start()
    yield server
    server.stop()


def token(mobile: str, **changes: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": "https://bank.example",
        "aud": "cardbot",
        "iat": now,
        "exp": now + 300,
        "jti": uuid.uuid4().hex,
        "phone_number": f"+{mobile}",
        **changes,
    }
    return jwt.encode(claims, KEY, algorithm="ES256")


class Unguarded(requests.Session):
    """Sends Secure cookies over plain HTTP too."""

    def send(self, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        reply = super().send(request, **more)
        for cookie in self.cookies:
            cookie.secure = False
        return reply


class Guest(Visitor):
    """A visitor whose cookies are Secure, as on a real host, over plain HTTP."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.http = Unguarded()
        self.http.headers.update(HEADERS)

    def vouched(self, signed: str) -> int:
        return self.http.post(f"{self.url}/web/identity", json={"token": signed}, timeout=10).status_code


@pytest.fixture
def come(server: Server) -> Iterator[Callable[[], Guest]]:
    guests: list[Guest] = []

    def one() -> Guest:
        guests.append(Guest(server.url))
        guests[-1].open()
        return guests[-1]

    yield one
    for each in guests:
        each.close()


def verify(guest: Guest, holder: Holder) -> list[str]:
    guest.say("what is my balance")
    return guest.details(holder.last_four, holder.slashed, holder.birthday)


def balance_in(texts: list[str]) -> bool:
    return any("₹1,02,345.50" in text for text in texts)


def test_whom_the_banks_page_vouches_for_is_told_the_balance(come: Callable[[], Guest], holder: Holder) -> None:
    guest = come()

    status = guest.vouched(token(holder.mobile))

    assert status == 204
    assert balance_in(verify(guest, holder))


def test_somebody_elses_details_fail_as_wrong_details_do(
    come: Callable[[], Guest], holder: Holder, bank: Sandbox
) -> None:
    thief, forgetful = come(), come()
    thief.vouched(token(new_holder(bank).mobile))
    forgetful.vouched(token(holder.mobile))

    stolen = verify(thief, holder)
    forgetful.say("what is my balance")
    wrong = forgetful.details(holder.last_four, holder.slashed, "01-01-1950")

    assert stolen == wrong
    assert not balance_in(stolen)


def test_without_a_token_three_details_open_nothing(come: Callable[[], Guest], holder: Holder) -> None:
    assert not balance_in(verify(come(), holder))


def test_a_token_serves_one_talk_and_is_not_believed_in_another(come: Callable[[], Guest], holder: Holder) -> None:
    guest, thief = come(), come()
    signed = token(holder.mobile)

    assert [guest.vouched(signed), guest.vouched(signed), thief.vouched(signed)] == [204, 204, 422]
    assert not balance_in(verify(thief, holder))


def test_what_is_no_token_is_refused_and_shows_nowhere(come: Callable[[], Guest], server: Server) -> None:
    guest = come()

    forged = jwt.encode({"iss": "https://bank.example"}, "k" * 40, algorithm="HS256")

    assert [guest.vouched(each) for each in (forged, "", "a.b.c", token("919845098450", aud="shop"))] == [422] * 4
    assert guest.http.post(f"{guest.url}/web/identity", data="[]", timeout=10).status_code == 422
    assert requests.post(f"{guest.url}/web/identity", json={"token": forged}, timeout=10).status_code == 401
    assert "919845098450" not in server.log()
    assert forged not in server.log()


@pytest.mark.browser
def test_the_script_in_the_banks_page_hands_the_token_to_the_widget(
    chromium: Chromium, server: Server, host: FakeServer, holder: Holder
) -> None:
    tag = f"<script src='{server.url}/static/embed.js' data-open data-identity='{token(holder.mobile)}' defer></script>"
    host.pages["/"] = f"<!doctype html><html lang=en><title>Bank</title><link rel=icon href=data:,>{tag}"
    visitor = chromium.visitor()
    page = chromium.tab(visitor)
    page.go(address_of(host))

    chat = ChatPage(chromium.frame(server.url), server.url).wait_online()
    chat.wait("performance.getEntriesByType('resource').some((each) => each.name.endsWith('/web/identity') && each.responseStatus === 204)")

    assert chat.tab.complaints() == []
    assert page.complaints() == []
    chromium.forget(visitor)
