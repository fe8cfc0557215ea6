"""The token that a bank's page hands over: what is believed, once, for one conversation, and what never is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import assume, given
from hypothesis import strategies as st

from actions.guard.host_identity import HostIdentities, HostIdentityError, public_keys
from actions.guard.keys import Keys
from actions.guard.possession import Registered, Shown
from actions.guard.storage import Storage
from actions.settings import Secret

NOW = 1_800_000_000.0
RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
SIGNERS: dict[str, Any] = {"RS256": RSA, "ES256": EC, "EdDSA": ED}
MOBILE = "9845098450"


def pem(private: Any) -> str:
    return str(private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


class Bench:
    """Identities over an empty database, and a clock that is turned by hand."""

    def __init__(self, storage: Storage, keys_text: str) -> None:
        self.now = NOW
        self.storage = storage
        self.identities = HostIdentities(
            self.storage,
            Keys([Secret("m" * 40)]),
            lambda: self.now,
            keys_text=keys_text,
            issuer="https://bank.example",
            audience="cardbot",
        )

    def shows(self, conversation: str, mobile: str) -> Shown:
        shown = self.identities.shows(conversation, Registered("urn", "customer", mobile))
        assert self.identities.can_show(conversation) is (shown is not Shown.UNKNOWN)
        return shown

    def refusal(self, token: str, conversation: str = "web:1") -> str:
        with pytest.raises(HostIdentityError) as caught:
            self.identities.accept(conversation, token)
        return str(caught.value)


@pytest.fixture
def bench(storage: Storage) -> Bench:
    return Bench(storage, "\n".join(pem(each) for each in SIGNERS.values()))


def token(algorithm: str = "ES256", key: Any = None, headers: dict[str, Any] | None = None, **changes: Any) -> str:
    claims = {
        "iss": "https://bank.example",
        "aud": "cardbot",
        "iat": NOW - 5,
        "exp": NOW + 300,
        "jti": "one",
        "phone_number": f"+91{MOBILE}",
        **changes,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, key or SIGNERS[algorithm], algorithm=algorithm, headers=headers)


@pytest.mark.parametrize("algorithm", SIGNERS)
def test_the_holder_that_the_bank_vouches_for_is_known_in_that_conversation_alone(
    bench: Bench, algorithm: str
) -> None:
    bench.identities.accept("web:1", token(algorithm))

    assert bench.shows("web:1", MOBILE) is Shown.MATCH
    assert bench.shows("web:1", "9845098451") is Shown.MISMATCH
    assert bench.shows("web:2", MOBILE) is Shown.UNKNOWN


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"iss": "https://other.example"}, "claims"),
        ({"aud": "shop"}, "claims"),
        ({"exp": NOW - 1}, "expired"),
        ({"iat": NOW + 120, "exp": NOW + 300}, "not valid yet"),
        ({"nbf": NOW + 120}, "not valid yet"),
        ({"exp": NOW + 3600}, "ten minutes"),
        ({"exp": True}, "no numbers"),
        ({"phone_number": "12345"}, "E.164"),
        ({"phone_number": None}, "claims"),
        ({"jti": None}, "claims"),
        ({"exp": None}, "claims"),
    ],
)
def test_a_token_with_other_claims_vouches_for_nobody(bench: Bench, changes: dict[str, Any], why: str) -> None:
    assert why in bench.refusal(token(**changes))
    assert bench.shows("web:1", MOBILE) is Shown.UNKNOWN


def test_a_token_is_good_once_and_repeated_only_where_it_was_used(bench: Bench) -> None:
    bench.identities.accept("web:1", token())
    bench.identities.accept("web:1", token())

    assert "used before" in bench.refusal(token(), "web:2")
    assert bench.shows("web:1", MOBILE) is Shown.MATCH
    assert bench.shows("web:2", MOBILE) is Shown.UNKNOWN


def test_whoever_logs_in_next_on_the_banks_page_takes_the_place_of_the_former(bench: Bench) -> None:
    bench.identities.accept("web:1", token())

    bench.identities.accept("web:1", token(jti="two", phone_number="+919000000001"))

    assert bench.shows("web:1", MOBILE) is Shown.MISMATCH
    assert bench.shows("web:1", "9000000001") is Shown.MATCH
    assert "used before" in bench.refusal(token())


def test_nobody_is_vouched_for_longer_than_a_session_lasts(bench: Bench) -> None:
    bench.identities.accept("web:1", token())

    bench.now += 901

    assert bench.shows("web:1", MOBILE) is Shown.UNKNOWN
    with bench.storage.begin() as conn:
        assert bench.identities.purge_in(conn) == 1
    assert "expired" in bench.refusal(token())


def test_the_key_decides_on_the_algorithm_and_not_the_token(storage: Storage) -> None:
    bench = Bench(storage, pem(RSA))
    unsigned = jwt.encode({"iss": "x"}, None, algorithm="none")
    # The old trick: the public key as the secret of an HMAC.
    forged = jwt.api_jws.PyJWS().encode(
        json.dumps({"iss": "https://bank.example"}).encode(), b"x" * 32, algorithm="HS256"
    )

    assert "no key of ours" in bench.refusal(unsigned)
    assert "no key of ours" in bench.refusal(forged)
    assert "no key of ours" in bench.refusal(token("ES256"))


def test_a_stranger_cannot_sign(bench: Bench) -> None:
    assert "no key of ours" in bench.refusal(token("ES256", ec.generate_private_key(ec.SECP256R1())))


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One database for all examples of a property."""
    storage = Storage(f"sqlite:///{tmp_path_factory.mktemp('tokens') / 'cardbot.db'}")
    storage.migrate()
    yield Bench(storage, pem(ED))
    storage.close()


def means_the_same(one: str, other: str) -> bool:
    """Base64 has spare bits at its end, and readers pass over what is no letter of it."""
    try:
        return jwt.utils.base64url_decode(one) == jwt.utils.base64url_decode(other)
    except ValueError:
        return False


@given(cut=st.integers(0, 400), put=st.text(max_size=3))
def test_no_changed_token_is_believed(once: Bench, cut: int, put: str) -> None:
    good = token("EdDSA")
    changed = good[:cut] + put + good[cut + len(put) :]
    signed, _, signature = changed.rpartition(".")
    assume(signed != good.rpartition(".")[0] or not means_the_same(signature, good.rpartition(".")[2]))

    assert once.refusal(changed)


def test_keys_may_come_as_a_jwk_set_and_are_chosen_by_their_id(storage: Storage) -> None:
    described = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(EC.public_key()))
    bench = Bench(storage, json.dumps({"keys": [{**described, "kid": "2026-1"}]}))

    bench.identities.accept("web:1", token(headers={"kid": "2026-1"}))

    assert "no key of ours" in bench.refusal(token(jti="two", headers={"kid": "2025-9"}))


def weak_rsa() -> str:
    return pem(rsa.generate_private_key(65537, 1024))  # noqa: S505  # weak is what it is for


@pytest.mark.parametrize(
    "text",
    [
        lambda: "",
        lambda: "no key",
        lambda: '{"keys": []}',
        lambda: '{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}',
        lambda: json.dumps({"keys": [json.loads(jwt.algorithms.ECAlgorithm.to_jwk(EC))]}),
        lambda: pem(ec.generate_private_key(ec.SECP384R1())),
        weak_rsa,
    ],
)
def test_secret_weak_and_unknown_keys_are_refused(text: Callable[[], str]) -> None:
    with pytest.raises(ValueError, match="expected"):
        public_keys(text())


def test_no_mobile_is_kept_in_clear(bench: Bench) -> None:
    bench.identities.accept("web:1", token())

    with bench.storage.read() as conn:
        kept = str(conn.exec_driver_sql("SELECT * FROM host_tokens").all())

    assert MOBILE not in kept
