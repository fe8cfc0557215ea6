"""The token codec: known answers, round trips, and one silent error."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wibmo.errors import TokenError
from wibmo.tokens import LocalCodec, Mode

KEY = b"a key of exactly 24 byte"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def failure(codec: LocalCodec, token: str) -> TokenError | None:
    try:
        codec.decode(token)
    except TokenError as error:
        return error
    return None


# NIST SP 800-38A, F.1.3 (ECB-AES192) and F.2.3 (CBC-AES192).
NIST_KEY = bytes.fromhex("8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b")
NIST_IV = bytes.fromhex("000102030405060708090a0b0c0d0e0f")
NIST_PLAIN = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
NIST_CBC = bytes.fromhex(
    "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a"
    "571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd"
)
NIST_ECB = bytes.fromhex(
    "bd334f1d6e45f25ff712a214571fa5cc974104846d0ad3ad7734ecb3ecee4eef"
    "ef7afd2270e2e60adce0ba2face6444e9a4b41ba738d6c72fb16691603c18e0e"
)


def test_a_random_iv_stands_in_front_and_the_blocks_are_those_of_nist() -> None:
    codec = LocalCodec(NIST_KEY, random_bytes=lambda length: NIST_IV[:length])

    raw = b64decode(codec.encode(NIST_PLAIN))

    assert raw[:16] == NIST_IV
    assert raw[16:80] == NIST_CBC
    assert len(raw) == 96  # PKCS#7 adds a whole block to a whole block
    assert codec.decode(b64encode(raw).decode()) == NIST_PLAIN


def test_a_fixed_iv_and_ecb_are_those_of_nist() -> None:
    fixed = LocalCodec(NIST_KEY, Mode.FIXED_IV, fixed_iv=NIST_IV)
    ecb = LocalCodec(NIST_KEY, Mode.ECB)

    assert b64decode(fixed.encode(NIST_PLAIN))[:64] == NIST_CBC
    assert b64decode(ecb.encode(NIST_PLAIN))[:64] == NIST_ECB


@pytest.mark.parametrize("mode", Mode)
@settings(max_examples=700)
@given(value=JSON)
def test_any_json_comes_back(mode: Mode, value: object) -> None:
    codec = LocalCodec(KEY, mode)
    plain = json.dumps(value).encode()

    assert codec.decode(codec.encode(plain)) == plain


@pytest.mark.parametrize("mode", Mode)
@settings(max_examples=2000)
@given(token=st.text() | st.binary().map(lambda raw: b64encode(raw).decode()))
def test_any_token_of_somebody_else_gives_the_one_error(mode: Mode, token: str) -> None:
    error = failure(LocalCodec(KEY, mode), token)

    # One in 256 strangers has a padding by chance; no MAC tells it from ours, and it is still no message.
    if error is not None:
        assert (str(error), error.__cause__, error.__context__) == ("TokenError", None, None)


def test_the_same_message_never_gives_the_same_token() -> None:
    codec = LocalCodec(KEY)

    assert len({codec.encode(b"{}") for _ in range(50)}) == 50


@pytest.mark.parametrize("spoil", [b"", b"AAAA", b"not base64!", b"A" * 64, b"A" * 65, "\u00e9".encode()])
def test_broken_tokens_are_told_apart_by_nothing(spoil: bytes) -> None:
    with pytest.raises(TokenError) as caught:
        LocalCodec(KEY).decode(spoil.decode())

    assert str(caught.value) == "TokenError"


def test_a_key_of_the_wrong_length_is_refused_without_showing_it() -> None:
    with pytest.raises(ValueError, match="24 bytes") as caught:
        LocalCodec(b"too short")

    assert "short" not in str(caught.value)


def test_the_codec_does_not_show_its_key() -> None:
    assert repr(LocalCodec(KEY)) == "LocalCodec(random-iv)"
