"""Every key of the guard, derived by purpose from the master secrets, and what the keys seal and sign."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import select

from actions.guard.schema import pseudonym_secret
from actions.guard.storage import Storage, insert_new
from actions.settings import Secret

Randomness = Callable[[int], bytes]

_VERSION = b"\x01"
_KID, _NONCE, _TAG, _BLOCK = 4, 12, 16, 32


class SealError(Exception):
    """A sealed value cannot be opened; why is not told."""

    def __init__(self) -> None:
        super().__init__("a sealed value cannot be opened")


class WrongMaster(Exception):
    """None of the master secrets belongs to this database: the operator must put the former one back."""


class Sealer:
    """AES-256-GCM for one purpose; each associated data has a sub-key of its own.

    A token is version, key id, 96-bit nonce and ciphertext; values are padded to multiples of 32 bytes.
    """

    def __init__(self, keys: Mapping[bytes, bytes], randomness: Randomness = os.urandom) -> None:
        self._keys = dict(keys)
        self._newest = next(iter(self._keys))
        self._randomness = randomness

    def __repr__(self) -> str:
        return "Sealer(***)"

    def seal(self, plain: bytes | str, aad: bytes) -> bytes:
        """Seal under the newest key; only the same `aad` will open it."""
        clear = plain.encode() if isinstance(plain, str) else plain
        padded = clear + b"\x80" + b"\0" * (-(len(clear) + 1) % _BLOCK)
        header = _VERSION + self._newest
        nonce = self._randomness(_NONCE)
        cipher = AESGCM(_subkey(self._keys[self._newest], aad))
        return header + nonce + cipher.encrypt(nonce, padded, header + aad)

    def open(self, token: bytes, aad: bytes) -> bytes:
        """The value sealed in `token`; SealError whatever is wrong."""
        header, rest = token[: 1 + _KID], token[1 + _KID :]
        key = self._keys.get(header[1:])
        if key is None or header[:1] != _VERSION or len(rest) < _NONCE + _TAG + _BLOCK:
            raise SealError
        try:
            padded = AESGCM(_subkey(key, aad)).decrypt(rest[:_NONCE], rest[_NONCE:], header + aad)
        except InvalidTag:
            raise SealError from None
        return padded[: padded.rindex(b"\x80")]

    def is_newest(self, token: bytes) -> bool:
        """Whether the newest master sealed `token`; if not, seal it again."""
        return token[1 : 1 + _KID] == self._newest


class Keys:
    """Sub-keys of the master secrets, by purpose: the first seals and signs, all of them open and check.

    `mac` gives pseudonyms. They must outlive a rotation, so a running installation takes its Keys from
    `Keys.of(storage, …)`, where they hang on a random secret that the database keeps sealed.
    """

    def __init__(
        self,
        masters: Sequence[Secret],
        *,
        pseudonyms: bytes | None = None,
        randomness: Randomness = os.urandom,
    ) -> None:
        if not masters or not all(masters):
            raise ValueError("the guard needs at least one master secret")
        self._masters = tuple(dict.fromkeys(each.reveal().encode() for each in masters))
        self._pseudonyms = pseudonyms or _derived(self._masters[0], "pseudonyms")
        self._randomness = randomness
        # By purpose: every message wants one or two.
        self._of_macs: dict[str, bytes] = {}
        self._of_signatures: dict[str, tuple[bytes, ...]] = {}

    @classmethod
    def of(cls, storage: Storage, masters: Sequence[Secret], randomness: Randomness = os.urandom) -> Keys:
        """The keys of a migrated database; makes their pseudonym secret once, re-seals it after rotation."""
        sealer = cls(masters, randomness=randomness).sealer("pseudonym secret")
        with storage.begin() as conn:
            fresh = sealer.seal(randomness(32), b"")
            insert_new(conn, pseudonym_secret, id=1, sealed=fresh)
            sealed = conn.execute(select(pseudonym_secret.c.sealed)).scalar_one()
            try:
                secret = sealer.open(sealed, b"")
            except SealError:
                raise WrongMaster(
                    "no secret in CARDBOT_MASTER_SECRETS opens this database: add the former behind the new"
                ) from None
            if not sealer.is_newest(sealed):
                conn.execute(pseudonym_secret.update().values(sealed=sealer.seal(secret, b"")))
        return cls(masters, pseudonyms=secret, randomness=randomness)

    def __repr__(self) -> str:
        return f"Keys({len(self._masters)} masters)"

    def sealer(self, purpose: str) -> Sealer:
        """A sealer with keys that no other purpose has."""
        keys = {_derived(each, "key id")[:_KID]: _derived(each, f"seal {purpose}") for each in self._masters}
        return Sealer(keys, self._randomness)

    def mac(self, purpose: str, *parts: str) -> str:
        """A pseudonym for `parts`: 64 hex digits, the same for ever within one database; purposes are few."""
        if purpose not in self._of_macs:
            self._of_macs[purpose] = _derived(self._pseudonyms, f"mac {purpose}")
        return _hmac(self._of_macs[purpose], *parts)

    def sign(self, purpose: str, *parts: str) -> str:
        """A signature by the newest master; purposes are few."""
        return _hmac(self._signing(purpose)[0], *parts)

    def is_signed(self, signature: str, purpose: str, *parts: str) -> bool:
        """Whether any of the masters made `signature` over these parts."""
        given = signature.encode("utf-8", "surrogatepass")
        made = (_hmac(each, *parts) for each in self._signing(purpose))
        return any(hmac.compare_digest(each.encode(), given) for each in made)

    def _signing(self, purpose: str) -> tuple[bytes, ...]:
        if purpose not in self._of_signatures:
            self._of_signatures[purpose] = tuple(_derived(each, f"sign {purpose}") for each in self._masters)
        return self._of_signatures[purpose]


def master_in(path: Path) -> Secret:
    """The master secret kept in a file, mode 0600; made at random if there is none yet."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # of two processes that start together, one wins and both read its secret
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    return Secret(path.read_text().strip())


def framed(*parts: str) -> bytes:
    """The parts as bytes that no other list of parts has: for associated data and signatures."""
    encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
    return b"".join(struct.pack(">I", len(part)) + part for part in encoded)


def _derived(secret: bytes, info: str) -> bytes:
    return HKDF(SHA256(), length=32, salt=b"cardbot guard", info=info.encode()).derive(secret)


def _subkey(key: bytes, aad: bytes) -> bytes:
    return hmac.digest(key, b"sub-key" + aad, hashlib.sha256)


def _hmac(key: bytes, *parts: str) -> str:
    return hmac.digest(key, framed(*parts), hashlib.sha256).hex()
