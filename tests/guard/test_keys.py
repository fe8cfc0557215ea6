"""Sealing, pseudonyms, signatures, rotation."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.guard.keys import Keys, Sealer, SealError, WrongMaster, framed, master_in
from actions.guard.storage import Storage
from actions.settings import Secret

OLD, NEW, OTHER = (Secret(f"a pretend master secret, {word}") for word in ("old", "new", "other"))


def sealer(*masters: Secret) -> Sealer:
    return Keys(masters or (NEW,)).sealer("vault")


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_what_was_sealed_opens_again(plain: bytes, aad: bytes) -> None:
    token = sealer().seal(plain, aad)

    assert sealer().open(token, aad) == plain


@given(st.data())
def test_no_token_opens_after_any_bit_of_it_has_changed(data: st.DataObject) -> None:
    token = bytearray(sealer().seal("8305", b"here"))
    position = data.draw(st.integers(0, len(token) * 8 - 1))

    token[position // 8] ^= 1 << position % 8

    with pytest.raises(SealError):
        sealer().open(bytes(token), b"here")


@given(st.binary(max_size=120))
def test_garbage_fails_with_the_one_silent_error(token: bytes) -> None:
    with pytest.raises(SealError) as caught:
        sealer().open(token, b"")

    assert str(caught.value) == "a sealed value cannot be opened"
    assert caught.value.__cause__ is None


def test_a_token_opens_for_the_same_associated_data_and_purpose_only() -> None:
    token = sealer().seal("8305", b"one")

    with pytest.raises(SealError):
        sealer().open(token, b"two")
    with pytest.raises(SealError):
        Keys([NEW]).sealer("desk").open(token, b"one")


def test_the_length_of_a_value_shows_in_steps_of_32_bytes_only() -> None:
    lengths = [len(sealer().seal("9" * n, b"")) for n in (0, 4, 31, 32, 63)]

    assert lengths[0] == lengths[1] == lengths[2]
    assert lengths[3] == lengths[4] == lengths[0] + 32


def test_the_same_value_never_looks_the_same_twice() -> None:
    assert len({sealer().seal("8305", b"") for _ in range(50)}) == 50


def test_after_a_rotation_the_old_master_opens_and_the_new_one_seals() -> None:
    old = sealer(OLD).seal("8305", b"")

    rotated = sealer(NEW, OLD)

    assert rotated.open(old, b"") == b"8305"
    assert not rotated.is_newest(old)
    assert sealer(NEW).open(rotated.seal("8305", b""), b"") == b"8305"


def test_a_master_that_was_taken_away_opens_nothing_any_more() -> None:
    with pytest.raises(SealError):
        sealer(NEW).open(sealer(OLD).seal("8305", b""), b"")


def test_pseudonyms_differ_by_purpose_and_by_how_the_parts_are_cut() -> None:
    keys = Keys([NEW])

    macs = {keys.mac("a", "xy", "z"), keys.mac("a", "x", "yz"), keys.mac("b", "xy", "z"), keys.mac("a", "xyz")}

    assert len(macs) == 4
    assert all(len(each) == 64 and int(each, 16) for each in macs)


def test_pseudonyms_outlive_a_rotation(storage: Storage) -> None:
    before = Keys.of(storage, [OLD]).mac("identity", "someone")

    during = Keys.of(storage, [NEW, OLD]).mac("identity", "someone")
    after = Keys.of(storage, [NEW]).mac("identity", "someone")

    assert before == during == after


def test_a_database_refuses_masters_that_are_not_its_own(storage: Storage) -> None:
    Keys.of(storage, [OLD])

    with pytest.raises(WrongMaster):
        Keys.of(storage, [OTHER])


def test_signatures_of_every_master_hold_and_others_do_not() -> None:
    signature = Keys([OLD]).sign("head", "7", "abc")

    assert Keys([NEW, OLD]).is_signed(signature, "head", "7", "abc")
    assert not Keys([NEW, OLD]).is_signed(signature, "head", "8", "abc")
    assert not Keys([NEW]).is_signed(signature, "head", "7", "abc")


@pytest.mark.parametrize("masters", [[], [Secret("")], [NEW, Secret("")]])
def test_the_guard_does_not_start_without_a_master_secret(masters: list[Secret]) -> None:
    with pytest.raises(ValueError, match="master secret"):
        Keys(masters)


def test_nothing_prints_a_key() -> None:
    printed = repr(Keys([NEW])) + repr(sealer()) + str(Keys([NEW]).__dict__.get("_sealer", ""))

    assert "pretend" not in printed


def test_a_generated_master_is_private_and_stays_the_same(tmp_path: Path) -> None:
    path = tmp_path / "var" / "master"

    first, second = master_in(path), master_in(path)

    assert first == second
    assert len(first.reveal()) >= 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["master"]


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_framing_tells_any_two_lists_apart(one: list[str], two: list[str]) -> None:
    assert (framed(*one) == framed(*two)) == (one == two)
