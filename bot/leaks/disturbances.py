"""What makes programs write down what they were about to do: connections that end too early, bodies cut short, a locked database."""

from __future__ import annotations

import json
import socket
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from bot.leaks.guests import WebGuest
from bot.leaks.planted import Planted


def disturb(guest: WebGuest, url: str, database: Path, who: Planted) -> None:
    """Say values while nothing can be stored, and hang up while saying them; nobody else may be talking meanwhile."""
    words = f"my card {who.last_four}, {who.slashed}, {who.birthday}, {who.email}, {who.mobile}"
    for sent in (0.5, 0.9, 1.0):
        _hang_up(guest, url, words, sent)
    with _locked(database):
        guest.try_to_say(words)
    guest.say(words)


def _hang_up(guest: WebGuest, url: str, words: str, sent: float) -> None:
    """Send this part of a request, and go without waiting for the answer."""
    place = urlsplit(url)
    body = json.dumps({"id": uuid.uuid4().hex, "type": "text", "text": words}).encode()
    head = (
        f"POST /web/messages HTTP/1.1\r\nhost: {place.netloc}\r\nx-cardbot: 1\r\ncookie: {guest.cookies}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((place.hostname or "", place.port or 80), timeout=10) as connection:
        connection.sendall(head.encode() + body[: int(len(body) * sent)])


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """This process holds the one right to write for as long as the block runs."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=20)) as database:
        database.execute("BEGIN IMMEDIATE")
        yield
        database.execute("ROLLBACK")
