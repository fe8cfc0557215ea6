"""One Cardbot with every channel on, the platforms that it talks to, and one phone on each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conversations.channels import platforms
from tests.conversations.channels.phones import PHONES, Phone, TelegramPhone, TwilioPhone, WhatsAppPhone
from tests.conversations.channels.platforms import Platforms
from tests.conversations.server import Server
from wibmo.sandbox import Sandbox


@pytest.fixture(scope="session")
def bank() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def api() -> Iterator[Platforms]:
    with Platforms() as started:
        yield started


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, bank: Sandbox, model: Path, api: Platforms) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("var"), bank.url, model, platforms.settings(api.url))
    server.start()
    yield server
    server.stop()
    assert api.faults == [], "a platform's limits were broken"
    for secret in platforms.SECRETS:
        assert secret not in server.log()


@pytest.fixture(params=PHONES, ids=lambda kind: kind.channel)
def phone(request: pytest.FixtureRequest, server: Server, api: Platforms) -> Phone:
    made: Phone = request.param(server.url, api)
    return made


@pytest.fixture
def whatsapp(server: Server, api: Platforms) -> WhatsAppPhone:
    return WhatsAppPhone(server.url, api)


@pytest.fixture
def telegram(server: Server, api: Platforms) -> TelegramPhone:
    return TelegramPhone(server.url, api)


@pytest.fixture
def twilio(server: Server, api: Platforms) -> TwilioPhone:
    return TwilioPhone(server.url, api)
