"""What the values of settings are, and how each is read from the text of its variable."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from wibmo import DialectError, dialect_from

T = TypeVar("T")


class SettingsError(Exception):
    """A setting is missing or cannot be used; the text names the variable, never its value."""


class Profile(str, Enum):
    """What kind of installation this is: it decides which settings have defaults."""

    SANDBOX = "sandbox"
    PRODUCTION = "production"
    TEST = "test"


class Possession(str, Enum):
    """Whether a cardholder must also prove to hold the registered phone, per channel."""

    REQUIRED = "required"
    STEP_UP = "step_up"
    OFF = "off"


class Secret:
    """A string that shows itself only when asked by `reveal()`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__


def read_setting(name: str, text: str, reader: Callable[[str], T]) -> T:
    try:
        return reader(text)
    except (ValueError, binascii.Error) as error:
        expected = f": {error}" if isinstance(error, _Expected | DialectError) else ""
        raise SettingsError(f"{name} cannot be used{expected}") from None


class _Expected(ValueError):
    """What a reader wanted; safe to show, since it never quotes what it got."""


def _choice(kind: type[T]) -> Callable[[str], T]:
    def read(text: str) -> T:
        try:
            return kind(text.lower())  # type: ignore[call-arg]  # every kind here is an Enum of strings
        except ValueError:
            raise _Expected("expected one of " + ", ".join(each.value for each in kind)) from None  # type: ignore[attr-defined]

    return read


def _on_or_off(text: str) -> bool:
    if text.lower() not in ("on", "off"):
        raise _Expected("expected on or off")
    return text.lower() == "on"


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _origins(text: str) -> tuple[str, ...]:
    origins = _names(text)
    if not all(re.fullmatch(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?", origin) for origin in origins):
        raise _Expected("expected addresses such as https://www.example.com, with commas between")
    return origins


def _form(pattern: str, example: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise _Expected(f"expected {example}")
        return text

    return read


def _text_of_file(path: str) -> str:
    try:
        return Path(path).read_text()
    except (OSError, UnicodeDecodeError):
        raise _Expected("expected the path of a file that can be read") from None


def aes_192_key(text: str) -> bytes:
    """The 24 bytes of an AES-192 key from base64 or hex."""
    for decode in (binascii.unhexlify, lambda t: base64.b64decode(t, validate=True)):
        try:
            key = bytes(decode(text))
        except (ValueError, binascii.Error):
            continue
        if len(key) == 24:
            return key
        break  # 32 hex digits are a key of 16 bytes, though they would pass for base64 of 24
    raise _Expected("expected 24 bytes as base64 or hex")


READERS: dict[str, Callable[[str], Any]] = {
    "profile": _choice(Profile),
    "var": Path,
    "port": int,
    "rate_per_minute": int,
    "new_talks_per_minute": int,
    "master_secrets": lambda text: tuple(Secret(part) for part in _names(text)),
    "whatsapp_access_token": Secret,
    "whatsapp_app_secrets": lambda text: tuple(Secret(part) for part in _names(text)),
    "whatsapp_verify_token": Secret,
    "whatsapp_phone_number_ids": _names,
    "whatsapp_template": _form("[a-z0-9_]{1,512}(:[a-z]{2,3}(_[A-Z]{2})?)?", "a name such as card_news or card_news:en_US"),
    "telegram_token": Secret,
    "telegram_secret_token": Secret,
    "twilio_auth_token": Secret,
    "twilio_template": _form("HX[0-9a-f]{32}", "HX and 32 hex digits"),
    "allowed_origins": _origins,
    "trusted_proxies": _names,
    "notice_secret": Secret,
    "wibmo_api_key": Secret,
    "wibmo_secure_code": Secret,
    "wibmo_key": Secret,
    "wibmo_dialect": lambda text: dialect_from(text).name,
    "web_possession": _choice(Possession),
    "web_identity_keys": _text_of_file,
    "whatsapp_possession": _choice(Possession),
    "telegram_possession": _choice(Possession),
    "twilio_possession": _choice(Possession),
    "one_core": _on_or_off,
    "sms_codes": _on_or_off,
    "wibmo_connect_timeout": float,
    "wibmo_read_timeout": float,
    "bank_patience": float,
    "refusal_floor": float,
    "session_idle": float,
    "session_absolute": float,
    "change_max_age": float,
    "vault_life": float,
}
