"""Rasa's event broker, for whoever wants to follow conversations elsewhere: events hold words and references, never values."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bot.engine import rasa_compat

rasa_compat.install()

from rasa.core.brokers.broker import EventBroker  # noqa: E402  (after install)
from rasa.utils.endpoints import EndpointConfig  # noqa: E402

AMQP_PORT = 5672
QUEUE = "rasa_events"


class NoSuchBroker(Exception):
    """CARDBOT_EVENT_BROKER_URL names a kind of broker that is not known here; its value is not repeated."""


async def event_broker(url: str) -> EventBroker | None:
    """The broker at `file:PATH` or `amqp://user:password@host:port/queue`; none for an empty url."""
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path:
        return await EventBroker.create(EndpointConfig(type="file", path=str(_private(Path(parts.path)))))
    if parts.scheme == "amqp" and parts.hostname:
        where = EndpointConfig(
            parts.hostname,
            type="pika",
            username=unquote(parts.username or "guest"),
            password=unquote(parts.password or "guest"),
            port=parts.port or AMQP_PORT,
            queues=[unquote(parts.path.strip("/")) or QUEUE],
        )
        return await EventBroker.create(where)
    raise NoSuchBroker("CARDBOT_EVENT_BROKER_URL must begin with file: or amqp://")


def _private(path: Path) -> Path:
    """The file, made so that its owner alone can read it."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    return path
