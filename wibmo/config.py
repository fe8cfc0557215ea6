"""What a client must know about its environment, checked once, secrets never shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from wibmo.dialects import ConfigError, Dialect, dialect_from
from wibmo.tokens import KEY_LENGTH


@dataclass(frozen=True)
class ClientConfig:
    """One environment of the platform; times are seconds.

    `deadline` bounds a read with all its retries; a write is sent once and bounded by the two time-outs.
    """

    base_url: str
    api_key: str = field(repr=False)
    client_id: str = field(repr=False)
    bank_id: str = field(repr=False)
    secure_code: str = field(repr=False)
    key: bytes = field(repr=False)
    entity_id: str = field(default="100", repr=False)
    consumer_id: str = field(default="", repr=False)
    product_id: str = field(default="", repr=False)
    dialect: str | Dialect = "v3"
    fixed_iv: bytes = field(default=bytes(16), repr=False)
    connect_timeout: float = 2.0
    read_timeout: float = 20.0
    deadline: float = 25.0
    attempts: int = 3
    breaker_failures: int = 5
    breaker_pause: float = 10.0
    ca_bundle: str | None = None
    proxy: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
            raise ConfigError("base_url must look like https://host or https://host/prefix")
        for name in ("api_key", "client_id", "bank_id", "secure_code", "entity_id", "consumer_id"):
            # requests would quote an unusable header value in its own error.
            value = getattr(self, name)
            if not value.isascii() or not value.isprintable() or value != value.strip():
                raise ConfigError(f"{name} must be plain ASCII without spaces around it")
        if len(self.key) != KEY_LENGTH:
            raise ConfigError("key must have 24 bytes")
        if len(self.fixed_iv) != 16:
            raise ConfigError("fixed_iv must have 16 bytes")
        for name in ("connect_timeout", "read_timeout", "deadline"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"{name} must be above zero")
        if self.attempts < 1 or self.breaker_failures < 1:
            raise ConfigError("attempts and breaker_failures must be at least one")
        dialect_from(self.dialect)

    @property
    def speaks(self) -> Dialect:
        """The dialect, resolved."""
        return dialect_from(self.dialect)
