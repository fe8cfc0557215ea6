"""Calls of the platforms' APIs over real HTTP: what is sent, what is not followed, and what a failure tells."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from bot.gateway.platform_api import PlatformApi, PlatformAway


class Platform(ThreadingHTTPServer):
    """Answers every POST in one way; `heard` are path, headers, body and the caller's port of each."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.heard: list[tuple[str, dict[str, str], bytes, int]] = []
        self.answer: tuple[int, dict[str, str], bytes] = (200, {}, b'{"ok": true}')
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Platform

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.heard.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body, self.client_address[1]))
        status, headers, answer = self.server.answer
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(answer))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def platform() -> Iterator[Platform]:
    platform = Platform()
    thread = threading.Thread(target=platform.serve_forever, args=(0.01,))
    thread.start()
    yield platform
    platform.shutdown()
    thread.join()
    platform.server_close()


@pytest.fixture
def api() -> Iterator[PlatformApi]:
    api = PlatformApi()
    yield api
    api.close()


def test_json_goes_out_with_its_headers_and_on_one_connection(platform: Platform, api: PlatformApi) -> None:
    for _ in range(2):
        reply = api.post(f"{platform.url}/v23.0/1/messages", headers={"Authorization": "Bearer a-token"}, json={"text": "नमस्ते"})
        assert (reply.status, reply.is_ok, reply.body) == (200, True, {"ok": True})

    (path, headers, body, port), (*_, again) = platform.heard
    assert (path, headers["content-type"], headers["authorization"]) == ("/v23.0/1/messages", "application/json", "Bearer a-token")
    assert body == b'{"text": "\\u0928\\u092e\\u0938\\u094d\\u0924\\u0947"}'
    assert port == again


def test_a_form_goes_out_with_its_login(platform: Platform, api: PlatformApi) -> None:
    api.post(f"{platform.url}/2010-04-01/Accounts/AC1/Messages.json", form={"To": "whatsapp:+1", "Body": "a & b"}, login=("AC1", "a:token"))

    [(_, headers, body, _)] = platform.heard
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert base64.b64decode(headers["authorization"].removeprefix("Basic ")) == b"AC1:a:token"
    assert parse_qs(body.decode()) == {"To": ["whatsapp:+1"], "Body": ["a & b"]}


@pytest.mark.parametrize("status", [301, 302, 307, 308, 429, 500, 503])
def test_a_refusal_is_told_as_it_is_and_nothing_is_followed_or_tried_again(platform: Platform, api: PlatformApi, status: int) -> None:
    platform.answer = (status, {"Location": f"{platform.url}/elsewhere", "Retry-After": "7"}, b"<html>")

    reply = api.post(f"{platform.url}/here", json={})

    assert (reply.status, reply.is_ok, reply.body, reply.retry_after) == (status, False, {}, 7.0)
    assert [path for path, *_ in platform.heard] == ["/here"]


def test_cookies_and_the_proxies_of_the_environment_play_no_part(
    platform: Platform, api: PlatformApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    platform.answer = (200, {"Set-Cookie": "who=1; Path=/"}, b"[1]")

    replies = [api.post(platform.url, json={}) for _ in range(2)]

    assert [reply.body for reply in replies] == [{}, {}]
    assert not any("cookie" in headers for _, headers, *_ in platform.heard)


def test_a_platform_that_is_silent_or_gone_is_away_and_the_failure_holds_no_secret(api: PlatformApi) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(PlatformAway) as failed:
            api.post(f"http://127.0.0.1:{port}/bot1:token/sendMessage", json={}, patience=0.2)
    with pytest.raises(PlatformAway) as refused:
        api.post(f"http://127.0.0.1:{port}/bot1:token/sendMessage", json={})

    for each in (failed.value, refused.value):
        assert "token" not in repr(each)
        assert (each.__context__, each.__cause__) == (None, None)


def test_the_next_call_after_a_connection_that_ended_opens_a_new_one(platform: Platform, api: PlatformApi) -> None:
    platform.answer = (200, {"Connection": "close"}, b"{}")

    assert [api.post(platform.url, json={}).status for _ in range(3)] == [200] * 3
    assert len({port for *_, port in platform.heard}) == 3
