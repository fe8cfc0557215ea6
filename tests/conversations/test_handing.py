"""A message that was taken as it was stored is not taken again by whoever looks for messages that were left behind."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conversations.server import Server
from tests.conversations.visitor import Visitor
from wibmo.sandbox import Sandbox

MESSAGES = 40


@pytest.fixture
def server(tmp_path: Path, bank: Sandbox, model: Path) -> Iterator[Server]:
    server = Server(tmp_path / "var", bank.url, model, {"CARDBOT_RATE_PER_MINUTE": "1000"})
    server.program = ("-m", "tests.conversations.impatient")
    server.start()
    yield server
    server.stop()


def test_every_message_has_one_turn_however_often_somebody_looks(server: Server) -> None:
    def talk(_: int) -> list[list[str]]:
        guest = Visitor(server.url).open()
        try:
            return [guest.say(f"are you a bot, number {each}?", quiet=0.02) for each in range(MESSAGES)]
        finally:
            guest.close()

    with ThreadPoolExecutor(2) as together:
        talks = list(together.map(talk, range(2)))

    assert [len(answers) for talk in talks for answers in talk] == [1] * (2 * MESSAGES)
    # A second turn of one message ends in a conflict, after whatever it did at the bank.
    assert "waits for the database" not in server.log()
