"""ClientConfig names what is wrong and shows nothing."""

from __future__ import annotations

from typing import Any

import pytest

from wibmo import ClientConfig, ConfigError, DialectError

GOOD: dict[str, Any] = {
    "base_url": "https://bank.example", "api_key": "the-api-key", "client_id": "C1", "bank_id": "1111",
    "secure_code": "the-secure-code", "key": b"a key of exactly 24 byte",
}  # fmt: skip


def test_its_repr_holds_no_secret() -> None:
    shown = repr(ClientConfig(**GOOD))

    assert "the-api-key" not in shown
    assert "secure-code" not in shown
    assert "exactly" not in shown


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("base_url", "bank.example"), ("base_url", "ftp://bank.example"), ("base_url", "https:///nowhere"),
        ("base_url", "https://bank.example/?x=1"), ("base_url", "https://me@bank.example"),
        ("api_key", "line\nbreak"), ("secure_code", "space at end "), ("client_id", "caf\u00e9"),
        ("key", b"short"), ("fixed_iv", b"short"), ("read_timeout", 0), ("deadline", -1.0), ("attempts", 0),
    ],
)  # fmt: skip
def test_an_unusable_field_is_named_and_not_shown(field: str, value: object) -> None:
    with pytest.raises(ConfigError, match=field) as caught:
        ClientConfig(**{**GOOD, field: value})

    assert str(value) not in str(caught.value) or value == 0


def test_an_unknown_dialect_is_refused_at_once() -> None:
    with pytest.raises(DialectError):
        ClientConfig(**GOOD, dialect="v9")
