"""A sandbox and a Cardbot for a module's tests, and visitors to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.engine.training import train
from tests.conversations.cardholders import Holder, new_holder
from tests.conversations.server import ROOT, Server
from tests.conversations.visitor import Visitor
from wibmo.sandbox import Sandbox


@pytest.fixture(scope="session")
def model() -> Path:
    """The project's model; trained only if the one in `build` is stale."""
    return train(ROOT, ROOT / "build" / "models" / "cardbot.tar.gz", lambda line: None)


@pytest.fixture(scope="module")
def bank() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, bank: Sandbox, model: Path) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("var"), bank.url, model)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def visitor(server: Server) -> Iterator[Callable[[], Visitor]]:
    """Makes visitors who leave when the test ends."""
    visitors: list[Visitor] = []

    def come() -> Visitor:
        visitors.append(Visitor(server.url).open())
        return visitors[-1]

    yield come
    for each in visitors:
        each.close()


@pytest.fixture
def holder(bank: Sandbox) -> Holder:
    return new_holder(bank)


@pytest.fixture
def verified(visitor: Callable[[], Visitor], holder: Holder) -> Visitor:
    """A visitor who has asked for the balance and proved to be the holder."""
    guest = visitor()
    guest.say("balance")
    answers = guest.details(holder.last_four, holder.slashed, holder.birthday)
    assert "₹1,02,345.50" in "".join(answers), answers
    return guest
