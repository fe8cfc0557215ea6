"""A message that the program fails on: stored like any other, tried three times, set aside with an apology and a ticket."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conversations.poisoned import POISON
from tests.conversations.server import Server
from tests.conversations.visitor import Visitor
from wibmo.sandbox import Sandbox


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, bank: Sandbox, model: Path) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("var"), bank.url, model)
    server.program = ("-m", "tests.conversations.poisoned")
    server.start()
    yield server
    server.stop()


def test_a_poison_message_is_tried_three_times_and_the_talk_goes_on(server: Server) -> None:
    guest = Visitor(server.url).open()

    [apology] = guest.say(f"a cup of {POISON} please", seconds=30)
    after = guest.say("are you a bot?")
    guest.close()

    [reference] = re.findall(r"your reference is (\S+)\.", apology)
    assert "computer program" in after[0]
    assert server.log().count("RecursionError") == 4, "once ahead of its turn, three times in it"
    assert POISON not in server.log()
    listed = server.command("handoffs", "show", reference)
    assert listed.returncode == 0
    assert "message set aside" in listed.stdout
