"""Signatures: every right one is known, and none of thousands of wrong ones."""

from __future__ import annotations

import hashlib
import hmac
import random

from hypothesis import given
from hypothesis import strategies as st

from actions.settings import Secret
from bot.gateway.twilio import signature
from bot.gateway.webhooks import is_same, is_signed, json_object, object_in, objects, text_in

SECRETS = (Secret("new-app-secret"), Secret("old-app-secret"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


def made(body: bytes, secret: Secret) -> str:
    return hmac.new(secret.reveal().encode(), body, hashlib.sha256).hexdigest()


@given(st.binary(max_size=200), st.sampled_from(SECRETS))
def test_each_secret_signs_what_it_signed(body: bytes, secret: Secret) -> None:
    assert is_signed(made(body, secret), body, SECRETS)


def test_none_of_ten_thousand_near_misses_is_believed() -> None:
    rng = random.Random(4)
    body = b'{"object": "whatsapp_business_account"}'
    right = made(body, SECRETS[0])

    for _ in range(10_000):
        wrong = list(right)
        for _ in range(rng.randrange(1, 3)):
            wrong[rng.randrange(len(wrong))] = rng.choice("0123456789abcdefABCDEFg é")
        changed = "".join(wrong)[: rng.choice([64, 64, 64, 63, 32, 0])]
        assert changed == right or not is_signed(changed, body, SECRETS)


@given(st.binary(min_size=1, max_size=200), st.data())
def test_a_body_of_which_one_byte_changed_is_not_believed(body: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(body) - 1))
    changed = body[:at] + bytes([body[at] ^ data.draw(st.integers(1, 255))]) + body[at + 1 :]

    assert not is_signed(made(body, SECRETS[0]), changed, SECRETS)


@given(st.text(), st.text())
def test_two_texts_are_the_same_only_if_they_are(known: str, given_: str) -> None:
    assert is_same(known, given_) == (known == given_)
    assert is_same(known, known)


@given(st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)), min_size=1, max_size=6, unique_by=lambda each: each[0]), st.randoms())
def test_a_form_has_one_signature_whatever_its_order(fields: list[tuple[str, str]], rng: random.Random) -> None:
    shuffled = list(fields)
    rng.shuffle(shuffled)
    address = "https://cards.example/twilio/webhook"

    assert signature(address, fields, SECRETS[0]) == signature(address, shuffled, SECRETS[0])
    assert signature(address, fields, SECRETS[0]) != signature(address + "/", fields, SECRETS[0])
    assert signature(address, fields, SECRETS[0]) != signature(address, fields, SECRETS[1])


@given(JSON)
def test_whatever_json_holds_is_read_without_failing(value: object) -> None:
    holder = {"it": value}

    assert isinstance(objects(value), list)
    assert isinstance(object_in(holder, "it"), dict)
    text_in(holder, "it").encode()


def test_what_is_no_json_object_is_none() -> None:
    assert [json_object(body) for body in (b"", b"[]", b"{", b"null", b"[" * 100_000, b"\xff{}", b"1e999")] == [None] * 7
