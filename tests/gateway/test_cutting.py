"""Texts within a platform's limits: nothing is lost, no word, value or written character is broken."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.cutting import cut, length, shorten

WORDS = st.text(st.sampled_from("abcxyz₹1,.()@मेराक्षि🙂👩🏽‍💻🇮🇳éß"), min_size=1, max_size=30)
SPACES = st.sampled_from([" ", "\n", "\n\n", "  "])
VALUES = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
PIECES = st.lists(
    st.one_of(st.tuples(st.tuples(WORDS, SPACES).map("".join), st.just(False)), st.tuples(VALUES, st.just(True))),
    max_size=25,
)


def without_space(text: str) -> str:
    return "".join(text.split())


@given(PIECES, st.integers(8, 60))
def test_every_part_fits_and_nothing_but_space_is_lost(pieces: list[tuple[str, bool]], limit: int) -> None:
    parts = cut(pieces, limit)

    assert all(0 < length(part) <= limit for part in parts)
    assert without_space("".join(parts)) == without_space("".join(piece for piece, _ in pieces))


@given(PIECES, st.integers(8, 60))
def test_a_value_that_fits_stands_whole_in_one_part(pieces: list[tuple[str, bool]], limit: int) -> None:
    parts = cut(pieces, limit)

    for piece, is_value in pieces:
        if is_value and length(piece) <= limit:
            assert any(piece in part for part in parts)


@given(st.lists(WORDS, max_size=25), st.integers(8, 60))
def test_a_word_that_fits_stands_whole_in_one_part(words: list[str], limit: int) -> None:
    parts = cut([(" ".join(words), False)], limit)

    whole = [word for part in parts for word in part.split()]
    assert all(word in whole for word in words if length(word) <= limit)


@given(st.text(min_size=1, max_size=40).filter(str.strip), st.integers(4, 24))
def test_a_title_fits_and_begins_as_it_did(title: str, limit: int) -> None:
    short = shorten(title, limit)

    assert length(short) <= limit
    assert short == title or (short.endswith("…") and title.lstrip().startswith(short[:-1].rstrip()))


def test_no_mark_is_left_alone_at_the_start_of_a_part() -> None:
    parts = cut([("क्षि" * 20, False)], 10)

    assert not any(unicodedata.category(part[0]).startswith("M") for part in parts)
    assert not any(part.endswith("\u094d") for part in parts)


def test_lines_are_kept_together_where_they_fit() -> None:
    wallets = "Your balance is:\nGPR Wallet: 10\nMeal Wallet: 20"

    assert cut([(wallets, False)], 35) == ["Your balance is:\nGPR Wallet: 10", "Meal Wallet: 20"]
