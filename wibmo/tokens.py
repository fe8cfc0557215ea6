"""The bank's encrypted token, AES-192-CBC over JSON.

It has no MAC, so a token proves nothing about its author; TLS does.
"""

from __future__ import annotations

import binascii
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Protocol

from Crypto.Cipher import AES

from wibmo.errors import TokenError

BLOCK = 16
KEY_LENGTH = 24
RandomBytes = Callable[[int], bytes]


class Codec(Protocol):
    """Turns the bytes of a message into a token and back; every failure is a TokenError."""

    def encode(self, plain: bytes) -> str: ...

    def decode(self, token: str) -> bytes: ...


class Mode(StrEnum):
    """How a block chain begins; the pages do not agree, see api.md b1."""

    RANDOM_IV = "random-iv"
    FIXED_IV = "fixed-iv"
    ECB = "ecb"


class LocalCodec:
    """Encrypts on this machine; with RANDOM_IV the IV is the first block of the token."""

    def __init__(
        self,
        key: bytes,
        mode: Mode = Mode.RANDOM_IV,
        *,
        fixed_iv: bytes = bytes(BLOCK),
        random_bytes: RandomBytes = secrets.token_bytes,
    ) -> None:
        if len(key) != KEY_LENGTH:
            raise ValueError("key must have 24 bytes")
        if len(fixed_iv) != BLOCK:
            raise ValueError("fixed_iv must have 16 bytes")
        self._key = key
        self._mode = mode
        self._fixed_iv = fixed_iv
        self._random_bytes = random_bytes

    def __repr__(self) -> str:
        return f"LocalCodec({self._mode.value})"

    def encode(self, plain: bytes) -> str:
        size = BLOCK - len(plain) % BLOCK
        padded = plain + bytes([size]) * size
        iv = self._random_bytes(BLOCK) if self._mode is Mode.RANDOM_IV else b""
        return b64encode(iv + self._cipher(iv).encrypt(padded)).decode("ascii")

    def decode(self, token: str) -> bytes:
        plain = self._try_decode(token)
        if plain is None:
            raise TokenError
        return plain

    def _try_decode(self, token: str) -> bytes | None:
        # Fails by returning, so that the error raised above has no history to tell.
        try:
            raw = b64decode(token, validate=True)
        except (binascii.Error, ValueError):
            return None
        prefix = BLOCK if self._mode is Mode.RANDOM_IV else 0
        if len(raw) % BLOCK or len(raw) < prefix + BLOCK:
            return None
        padded: bytes = self._cipher(raw[:prefix]).decrypt(raw[prefix:])
        size = padded[-1]
        if not 1 <= size <= BLOCK or padded[-size:] != bytes([size]) * size:
            return None
        return padded[:-size]

    def _cipher(self, iv: bytes) -> Any:
        if self._mode is Mode.ECB:
            # One of the vendor's pages asks for it; never the default.
            return AES.new(self._key, AES.MODE_ECB)
        return AES.new(self._key, AES.MODE_CBC, iv=iv or self._fixed_iv)


class VendorCodec:
    """Lets the vendor's Encrypt and Decrypt API do the work: the clear text leaves this machine twice."""

    def __init__(self, encrypt: Callable[[bytes], str], decrypt: Callable[[str], bytes]) -> None:
        self._encrypt = encrypt
        self._decrypt = decrypt

    def encode(self, plain: bytes) -> str:
        return self._encrypt(plain)

    def decode(self, token: str) -> bytes:
        return self._decrypt(token)
