"""The widget inside a bank's own page: another site that may frame it, with cookies of its own visitors alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.conversations.server import Server
from tests.widget.browser import ChatPage, chromium
from tests.widget.chromium import Chromium
from tests.widget.fake_server import FakeServer
from wibmo.sandbox import Sandbox

__all__ = ["chromium"]

pytestmark = pytest.mark.browser
PATIENCE = 40.0


def address_of(host: FakeServer) -> str:
    """By another name than the server's, so that it is another site for the browser."""
    return host.url.replace("127.0.0.1", "localhost")


@pytest.fixture(scope="module")
def host() -> Iterator[FakeServer]:
    """The bank's site."""
    host = FakeServer(now=lambda: "")
    yield host
    host.close()


@pytest.fixture(scope="module")
def framed(
    tmp_path_factory: pytest.TempPathFactory, bank: Sandbox, model: Path, host: FakeServer
) -> Iterator[Server]:
    """A Cardbot that lets the bank's site frame its widget."""
    settings = {
        "CARDBOT_PUBLIC_URL": "https://cards.example",
        "CARDBOT_ALLOWED_ORIGINS": f"{address_of(host)},https://www.bank.example",
    }
    server = Server(tmp_path_factory.mktemp("framed"), bank.url, model, settings)
    server.start()
    tag = f"<script src='{server.url}/static/embed.js' data-open defer></script>"
    host.pages["/"] = f"<!doctype html><html lang=en><title>Bank</title><link rel=icon href=data:,>{tag}"
    yield server
    server.stop()


def test_a_talk_goes_on_in_a_frame_of_another_site(
    chromium: Chromium, framed: Server, host: FakeServer
) -> None:
    visitor = chromium.visitor()
    page = chromium.tab(visitor)
    page.go(address_of(host))

    chat = ChatPage(chromium.frame(framed.url), framed.url).wait_online()
    chat.tab.run("document.querySelector('.welcome button').click()")
    chat.wait_for_card(PATIENCE)
    chat.tab.run("location.reload()")
    chat.wait_online()
    chat.wait_for_card(PATIENCE)

    assert chat.texts("you") == ["What’s my balance?"]
    assert chat.tab.complaints() == []
    assert page.complaints() == []
    chromium.forget(visitor)


def test_the_frame_names_who_may_hold_it_and_its_cookies_are_partitioned(
    framed: Server, host: FakeServer
) -> None:
    policy = requests.get(f"{framed.url}/widget", timeout=10).headers["content-security-policy"]
    front = requests.get(framed.url, timeout=10).headers["content-security-policy"]
    opened = requests.post(f"{framed.url}/web/session", json={}, headers={"X-Cardbot": "1"}, timeout=10)

    assert policy.endswith(f"frame-ancestors 'self' {address_of(host)} https://www.bank.example")
    assert front.endswith("frame-ancestors 'self'")
    for name in ("cardbot_session", "cardbot_device"):
        cookie = next(c for c in opened.raw.headers.getlist("set-cookie") if c.startswith(f"__Host-{name}="))
        assert {"Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/"} <= set(cookie.split("; "))


def test_a_site_that_may_frame_it_cannot_call_it_itself(framed: Server, host: FakeServer) -> None:
    headers = {"X-Cardbot": "1", "Origin": address_of(host)}

    opened = requests.post(f"{framed.url}/web/session", json={}, headers=headers, timeout=10)
    asked_first = requests.options(f"{framed.url}/web/session", headers={**headers, "Access-Control-Request-Method": "POST"}, timeout=10)
    hidden = requests.post(f"{framed.url}/web/session", json={}, headers={"X-Cardbot": "1", "Sec-Fetch-Site": "cross-site"}, timeout=10)

    assert [opened.status_code, hidden.status_code] == [403, 403]
    for reply in (opened, asked_first, hidden):
        assert not [name for name in reply.headers if name.lower().startswith(("access-control", "set-cookie"))]


def test_a_site_that_is_not_named_cannot_frame_it(server: Server) -> None:
    policy = requests.get(f"{server.url}/widget", timeout=10).headers["content-security-policy"]
    opened = requests.post(f"{server.url}/web/session", json={}, headers={"X-Cardbot": "1"}, timeout=10)

    assert policy.endswith("frame-ancestors 'self'")
    for cookie in opened.raw.headers.getlist("set-cookie"):
        assert {"HttpOnly", "SameSite=Strict", "Path=/web"} <= set(cookie.split("; "))
