"""What the bank's own page says about its visitor: a token that the bank signs, good once and for one conversation."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlalchemy import Connection, delete, select, update

from actions.guard.keys import Keys
from actions.guard.numbers import of_platform, of_record
from actions.guard.possession import Registered, Shown
from actions.guard.schema import host_tokens
from actions.guard.storage import Storage, insert_new

LONGEST_LIFE = 600.0
SKEW = 60.0
VOUCHED_FOR = 900.0
LONGEST_TOKEN = 4096
_NEEDED = ("iss", "aud", "exp", "iat", "jti", "phone_number")
_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)
_PHONE = re.compile(r"\+[1-9][0-9]{7,14}")

PublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey


class HostIdentityError(Exception):
    """A token that vouches for nobody; the text is a reason for the operator, without any value of the token."""


@dataclass(frozen=True)
class _Key:
    """A public key of the bank, and the one algorithm that it may be used with."""

    algorithm: str
    key: PublicKey
    kid: str | None = None


class HostIdentities:
    """Takes tokens (RFC 7519, signed RS256, ES256 or EdDSA) that live ten minutes at most, each `jti` once.

    `keys_text` holds the bank's public keys: PEM, one after another, or a JWK Set. The algorithm follows from the key,
    never from the token. Raises ValueError if a key is none of ours. Of the registered mobile, which the token names as
    `phone_number` (E.164), only a pseudonym is kept. It is the web's proof of possession.
    """

    name = "host page"

    def __init__(
        self, storage: Storage, keys: Keys, clock: Callable[[], float], *, keys_text: str, issuer: str, audience: str
    ) -> None:
        self._storage = storage
        self._keys = keys
        self._clock = clock
        self._trusted = public_keys(keys_text)
        self._issuer = issuer
        self._audience = audience

    def accept(self, conversation: str, token: str) -> None:
        """Bind the mobile that the bank vouches for to this conversation; a repetition there does nothing.

        Raises HostIdentityError, and binds nothing, where the token is not to be believed.
        """
        claims = self._claims(token)
        if not _PHONE.fullmatch(str(claims["phone_number"])):
            raise HostIdentityError("its phone_number is none as E.164 has them")
        used = self._keys.mac("host token", self._issuer, str(claims["jti"]))
        row = {"mobile_mac": self._keys.mac("mobile", of_platform(str(claims["phone_number"]))), "until": self._clock() + VOUCHED_FOR}
        same = (host_tokens.c.token == used, host_tokens.c.conversation == conversation)
        others = (host_tokens.c.token != used, host_tokens.c.conversation == conversation)
        with self._storage.begin() as conn:
            if insert_new(conn, host_tokens, token=used, conversation=conversation, **row):
                conn.execute(update(host_tokens).where(*others).values(conversation=None))
            elif conn.execute(select(host_tokens.c.token).where(*same)).first() is None:
                raise HostIdentityError("its jti was used before")

    def can_show(self, conversation: str) -> bool:
        return self._vouched(conversation) is not None

    def shows(self, conversation: str, registered: Registered) -> Shown:
        vouched = self._vouched(conversation)
        if vouched is None:
            return Shown.UNKNOWN
        recorded = of_record(registered.mobile)
        fits = recorded is not None and hmac.compare_digest(vouched, self._keys.mac("mobile", recorded))
        return Shown.MATCH if fits else Shown.MISMATCH

    def _vouched(self, conversation: str) -> str | None:
        chosen = select(host_tokens.c.mobile_mac).where(
            host_tokens.c.conversation == conversation, host_tokens.c.until > self._clock()
        )
        with self._storage.read() as conn:
            vouched: str | None = conn.execute(chosen).scalar_one_or_none()
        return vouched

    def end_in(self, conn: Connection, conversation: str) -> None:
        """Nobody vouches for this conversation any more; its tokens stay used."""
        conn.execute(update(host_tokens).where(host_tokens.c.conversation == conversation).values(conversation=None))

    def _claims(self, token: str) -> Mapping[str, Any]:
        """What a token of the bank claims, its signature and its times checked."""
        if len(token) > LONGEST_TOKEN:
            raise HostIdentityError("it is too long")
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError:
            raise HostIdentityError("it is no signed token") from None
        for each in self._trusted:
            if header.get("alg") != each.algorithm or (each.kid and header.get("kid") not in (None, each.kid)):
                continue
            try:
                claims = jwt.decode(
                    token,
                    each.key,
                    algorithms=[each.algorithm],
                    audience=self._audience,
                    issuer=self._issuer,
                    # The times are judged below, by the clock that everything here goes by.
                    options={"require": list(_NEEDED), "verify_exp": False, "verify_iat": False, "verify_nbf": False},
                )
            except jwt.InvalidSignatureError:
                continue
            except jwt.InvalidTokenError as error:
                raise HostIdentityError(f"its claims do not hold ({type(error).__name__})") from None
            self._check_times(claims)
            return cast(Mapping[str, Any], claims)
        raise HostIdentityError("no key of ours fits its signature")

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now = self._clock()
        times = {name: claims.get(name, now) for name in ("iat", "nbf", "exp")}
        if not all(isinstance(time, int | float) and not isinstance(time, bool) for time in times.values()):
            raise HostIdentityError("its times are no numbers")
        if times["exp"] <= now:
            raise HostIdentityError("it has expired")
        if max(times["iat"], times["nbf"]) > now + SKEW:
            raise HostIdentityError("it is not valid yet")
        if times["exp"] - times["iat"] > LONGEST_LIFE:
            raise HostIdentityError("it lives longer than ten minutes")

    def purge_in(self, conn: Connection) -> int:
        """Forget tokens that could not be used again anyhow, since they have expired."""
        return conn.execute(delete(host_tokens).where(host_tokens.c.until < self._clock())).rowcount


def public_keys(text: str) -> Sequence[_Key]:
    """The keys in PEM blocks or a JWK Set; raises ValueError, which names no key."""
    if text.lstrip().startswith("{"):
        found = [_Key(*_algorithm_of(_jwk(each)), each.get("kid")) for each in json.loads(text).get("keys", [])]
    else:
        found = [_Key(*_algorithm_of(load_pem_public_key(block.encode()))) for block in _PEM.findall(text)]
    if not found:
        raise ValueError("expected public keys as PEM or as a JWK Set")
    return found


def _jwk(described: dict[str, Any]) -> object:
    if described.get("kty") not in ("RSA", "EC", "OKP") or "d" in described:
        raise ValueError("expected public RSA, EC or Ed25519 keys")
    return jwt.PyJWK.from_dict(described).key


def _algorithm_of(key: object) -> tuple[str, PublicKey]:
    if isinstance(key, RSAPublicKey) and key.key_size >= 2048:
        return "RS256", key
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return "ES256", key
    if isinstance(key, Ed25519PublicKey):
        return "EdDSA", key
    raise ValueError("expected RSA keys of 2048 bits or more, P-256 or Ed25519")
