"""Who the sandbox lets in; these open nothing but a sandbox."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Credentials:
    """What a client must present; the defaults are the ones that Cardbot's SANDBOX profile uses."""

    api_key: str = field(default="sandbox-api-key", repr=False)
    client_id: str = "SANDBOX"
    bank_id: str = "1111"
    entity_id: str = "100"
    secure_code: str = field(default="sandbox-secure-code", repr=False)
    consumer_id: str = "sandbox"
    key: bytes = field(default=b"cardbot-sandbox-24-bytes", repr=False)
    product_id: str = "9"
