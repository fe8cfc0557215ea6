"""The one code that is asked for is sealed, six digits and no more; every other one is destroyed."""

from __future__ import annotations

import pytest

from bot.gateway.sealing import seal

WRITTEN = [
    "123456", "123 456", "12-34-56", "1 2 3 4 5 6", "OTP is 123456", "my code: 123456.", "१२३४५६", "１２３４５６",
    "one two three four five six", "ek do teen chaar paanch chhe", "otp 123456 hai",
]  # fmt: skip


@pytest.mark.parametrize("text", WRITTEN)
def test_the_code_that_was_asked_for_is_sealed_whole(text: str) -> None:
    sealed = seal(text, expecting="one_time_code")

    assert [(span.kind, span.value) for span in sealed.spans] == [("one_time_code", "123456")]
    assert (sealed.text, sealed.echo, sealed.whole) == ("one-time code", "[one-time code]", True)
    assert sealed.destroyed == ()


@pytest.mark.parametrize("text", ["otp 1234", "OTP is 12345678", "my otp is 123456 and cvv 123", "otp 123456 or 654321"])
def test_what_is_no_code_of_six_digits_is_destroyed_as_ever(text: str) -> None:
    sealed = seal(text, expecting="one_time_code")

    assert sealed.destroyed
    assert not any(span.kind == "one_time_code" for span in sealed.spans)
    assert not any(c.isdigit() for c in sealed.text)


@pytest.mark.parametrize("expecting", ["none", "card_details", "contact_details", "new_mobile", "confirmation"])
def test_a_code_that_nobody_asked_for_is_destroyed(expecting: str) -> None:
    sealed = seal("my otp is 123456", expecting=expecting)

    assert sealed.destroyed == ("one-time code",)
    assert not any("123456" in span.value for span in sealed.spans)


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("Send it again", "resend"), ("I have not received any code", "resend"), ("Code phir bhejein", "resend"), ("कोड फिर भेजें", "resend"),
        ("कोड नहीं आया", "resend"), ("Correct my details", "again"), ("Details sudharein", "again"), ("जानकारी सुधारें", "again"),
        ("cancel", "cancel"), ("Talk to a person", "human"), ("why do you need this?", "question"),
    ],
)  # fmt: skip
def test_wishes_while_a_code_is_asked_for(text: str, wish: str) -> None:
    assert seal(text, expecting="one_time_code").message_class == wish


def test_the_same_words_elsewhere_are_no_wish_for_a_code() -> None:
    assert seal("Code phir bhejein").message_class == "other"
