"""Bytes over real sockets: what counts as not sent, and how long anybody waits."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from wibmo import BadAnswer, ClientConfig, NotSent, OutcomeUnknown
from wibmo.answers import RawAnswer
from wibmo.transport import HttpTransport

Server = Callable[[Callable[[socket.socket], None]], str]


@pytest.fixture
def serve() -> Iterator[Server]:
    """Listens, and hands the first connections to a function that plays the bank."""
    listeners: list[socket.socket] = []

    def start(play: Callable[[socket.socket], None]) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def run() -> None:
            try:
                while True:
                    peer, _ = listener.accept()
                    with peer:
                        play(peer)
            except OSError:
                return

        threading.Thread(target=run, daemon=True).start()
        return f"127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for listener in listeners:
        listener.close()


def send(
    base_url: str, *, patience: float = 2.0, read_timeout: float = 0.3, fresh: bool = False
) -> RawAnswer:
    config = ClientConfig(
        base_url,
        "key",
        "C",
        "1111",
        "code",
        b"a key of exactly 24 byte",
        connect_timeout=0.5,
        read_timeout=read_timeout,
    )
    transport = HttpTransport(config)
    try:
        return transport.send("POST", "/x", {}, b"{}", patience=patience, fresh=fresh)
    finally:
        transport.close()


def drain(peer: socket.socket) -> None:
    peer.recv(65536)


@pytest.mark.parametrize("fresh", [True, False])
def test_a_closed_port_was_sent_nothing(fresh: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]

    with pytest.raises(NotSent) as caught:
        send(f"http://127.0.0.1:{port}", fresh=fresh)

    assert caught.value.__context__ is None


def test_a_server_that_does_not_speak_tls_was_sent_nothing(serve: Server) -> None:
    def play(peer: socket.socket) -> None:
        drain(peer)
        peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with pytest.raises(NotSent, match="SSLError"):
        send("https://" + serve(play))


def test_a_server_that_goes_silent_in_the_handshake_was_sent_nothing(serve: Server) -> None:
    released = threading.Event()

    with pytest.raises(NotSent):
        send("https://" + serve(lambda peer: released.wait(5) and None))
    released.set()


def test_a_request_that_met_silence_may_have_arrived(serve: Server) -> None:
    released = threading.Event()

    with pytest.raises(OutcomeUnknown):
        send("http://" + serve(lambda peer: released.wait(5) and None))
    released.set()


def test_a_connection_that_is_cut_after_the_request_leaves_it_open(serve: Server) -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        send("http://" + serve(drain))

    assert not isinstance(caught.value, NotSent)
    assert caught.value.__context__ is None


def test_an_answer_that_drips_is_given_up_when_patience_ends(serve: Server) -> None:
    def drip(peer: socket.socket) -> None:
        drain(peer)
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n")
        for _ in range(200):
            peer.sendall(b"x" * 20_000)
            time.sleep(0.02)

    began = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        send("http://" + serve(drip), patience=0.3)

    assert time.monotonic() - began < 2.0


def test_an_endless_answer_is_not_taken_in(serve: Server) -> None:
    def flood(peer: socket.socket) -> None:
        drain(peer)
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n")
        for _ in range(2000):
            peer.sendall(b"x" * 65536)

    with pytest.raises(BadAnswer, match="too large"):
        send("http://" + serve(flood), patience=10.0)


def test_redirects_are_not_followed_and_cookies_not_kept(serve: Server) -> None:
    seen: list[bytes] = []

    def redirect(peer: socket.socket) -> None:
        seen.append(peer.recv(65536))
        peer.sendall(b"HTTP/1.1 302 Found\r\nLocation: /y\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")

    answer = send("http://" + serve(redirect))

    assert answer.status == 302
    assert len(seen) == 1


def test_a_proxy_of_the_environment_is_ignored(serve: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    def answer(peer: socket.socket) -> None:
        drain(peer)
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    assert send("http://" + serve(answer)).body == b"{}"


def test_an_untrusted_certificate_stops_before_anything_is_sent() -> None:
    assert ssl.create_default_context().verify_mode is ssl.CERT_REQUIRED
