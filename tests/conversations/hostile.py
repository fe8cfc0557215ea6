"""What an attacker has: raw sockets, many browsers, patience; and what a judge reads afterwards."""

from __future__ import annotations

import json
import secrets
import socket
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.conversations.server import ROOT, Server
from tests.conversations.visitor import Visitor
from wibmo.sandbox import Sandbox

# How a leading "/" has been brought past filters, or what follows it made to look like something else.
DISGUISES = (
    "/{0}", "   /{0}", "\t\n/{0}", "／{0}", "\u200b/{0}", "\ufeff/{0}", "\u202e/{0}", "\u00ad／{0}", "/\u200d{0}", "⁄{0}", "∕{0}",
    "⧸{0}", "//{0}", "/／/{0}", "/bot/{0}", "\\/{0}", "\u2060\u180e/{0}", "\U000e0020/{0}", "℀{0}", "\x00/{0}",
)  # fmt: skip


def names_of_the_domain() -> tuple[list[str], list[str], list[str]]:
    """Intents; actions with forms and responses; slots: as domain.yml has them now."""
    from ruamel.yaml import YAML

    domain = YAML(typ="safe").load(ROOT / "domain.yml")
    intents = [next(iter(each)) if isinstance(each, dict) else each for each in domain["intents"]]
    steps = [*domain["actions"], *domain["forms"], "utter_verified"]
    return intents, steps, [*domain["slots"]]


def newcomer(server: Server, address: str, *, device_of: Visitor | None = None) -> Visitor:
    """A visitor from an IP address of its own (the server must trust this machine as its proxy)."""
    guest = Visitor(server.url)
    guest.http.headers["X-Forwarded-For"] = address
    if device_of is not None:
        guest.http.cookies.set("cardbot_device", cookie(device_of, "cardbot_device"), path="/web")
    return guest.open()


@pytest.fixture
def visitor(server: Server) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors from one address of their own, so that no limit of one test meets another."""
    address = f"198.51.{secrets.randbelow(256)}.{secrets.randbelow(256)}"
    visitors: list[Visitor] = []

    def come(device_of: Visitor | None = None) -> Visitor:
        visitors.append(newcomer(server, address, device_of=device_of))
        return visitors[-1]

    yield come
    for each in visitors:
        each.close()


def cookie(guest: Visitor, name: str = "cardbot_session") -> str:
    return next(each.value or "" for each in guest.http.cookies if each.name == name)


def pour(guest: Visitor, texts: Iterable[str]) -> None:
    """Send many messages as fast as the server takes them."""
    for text in texts:
        until = time.monotonic() + 30
        while (sent := guest.post({"type": "text", "text": text})).status_code == 429:
            assert time.monotonic() < until, "the queue does not get shorter"
            time.sleep(0.05)
        assert sent.status_code == 202, (sent.status_code, sent.text)


def hang_up(guest: Visitor, body: dict[str, Any], after: float) -> None:
    """Post a message and close the line without waiting for the answer."""
    data = json.dumps({"id": uuid.uuid4().hex, **body}).encode()
    cookies = "; ".join(f"{each.name}={each.value}" for each in guest.http.cookies)
    head = (
        f"POST /web/messages HTTP/1.1\r\nHost: {urlsplit(guest.url).netloc}\r\nX-Cardbot: 1\r\nCookie: {cookies}\r\n"
        f"X-Forwarded-For: {guest.http.headers.get('X-Forwarded-For', '')}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    with closing(socket.create_connection(_place(guest.url), timeout=10)) as line:
        line.sendall(head.encode() + data)
        time.sleep(after)


def raw(server: Server, data: bytes, seconds: float = 10.0) -> bytes:
    """Whatever the server answers to these bytes, until it closes or falls silent."""
    answer = b""
    with closing(socket.create_connection(_place(server.url), timeout=seconds)) as line:
        try:
            line.sendall(data)
            while chunk := line.recv(65536):
                answer += chunk
                line.settimeout(0.5)
        except OSError:
            pass
    return answer


def rows(server: Server, query: str, *values: object) -> list[tuple[Any, ...]]:
    """What the running server's database holds: only ever read from this, another, process."""
    with closing(sqlite3.connect(f"file:{server.var / 'cardbot.db'}?mode=ro", uri=True, timeout=10)) as database:
        return database.execute(query, values).fetchall()


def settled(server: Server, seconds: float = 60.0) -> None:
    """Until every message has been answered."""
    until = time.monotonic() + seconds
    while rows(server, "SELECT 1 FROM inbox WHERE state = 'waiting' LIMIT 1"):
        assert time.monotonic() < until, "messages are still waiting"
        time.sleep(0.1)


def everything_stored(server: Server) -> Iterator[tuple[str, str]]:
    """Every value of every table, as text, with the table's name."""
    for (table,) in rows(server, "SELECT name FROM sqlite_master WHERE type = 'table'"):
        for row in rows(server, f'SELECT * FROM "{table}"'):
            yield table, " ".join(each.decode("latin-1") if isinstance(each, bytes) else str(each) for each in row)


def asked(bank: Sandbox, operation: str = "verify") -> int:
    """How often the bank was asked so far."""
    return sum(1 for call in bank.calls if call.operation == operation)


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 0
