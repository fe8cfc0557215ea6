"""Values behind references: who may open them, and until when."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from actions.guard import schema
from actions.guard.keys import Keys
from actions.guard.storage import Storage, StorageConflict
from actions.guard.vault import Direction, Vault, VaultMissing
from actions.settings import Secret

from .conftest import Clock

IN, OUT = Direction.IN, Direction.OUT


@pytest.fixture
def vault(storage: Storage, keys: Keys, clock: Clock) -> Vault:
    return Vault(storage, keys, clock)


def test_a_value_is_behind_a_random_reference_of_22_characters(vault: Vault) -> None:
    refs = {vault.put("web:1", IN, "four_digits", "8305") for _ in range(20)}

    assert len(refs) == 20
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", each) for each in refs)
    assert {vault.open("web:1", IN, each) for each in refs} == {"8305"}


def test_values_that_are_kept_together_have_a_reference_each(vault: Vault) -> None:
    refs = vault.put_all("web:1", OUT, "shown", ["8305", "₹5", "8305"])

    assert len(set(refs)) == 3
    assert [vault.open("web:1", OUT, each) for each in refs] == ["8305", "₹5", "8305"]


def test_of_values_that_are_kept_together_one_that_cannot_be_leaves_none(storage: Storage, keys: Keys, clock: Clock) -> None:
    vault = Vault(storage, keys, clock, new_reference=lambda: "r" * 22)

    with pytest.raises(StorageConflict):
        vault.put_all("web:1", OUT, "shown", ["8305", "₹5"])

    with pytest.raises(VaultMissing):
        vault.open("web:1", OUT, "r" * 22)


@given(value=st.text(max_size=100))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_text_comes_back_exactly(vault: Vault, value: str) -> None:
    assert vault.open("web:1", OUT, vault.put("web:1", OUT, "message", value)) == value


def test_every_wrong_opening_fails_alike(vault: Vault, clock: Clock) -> None:
    ref = vault.put("web:1", IN, "four_digits", "8305")
    wrong: list[Callable[[], str]] = [
        lambda: vault.open("web:1", IN, "A" * 22),
        lambda: vault.open("web:1", IN, ""),
        lambda: vault.open("web:2", IN, ref),
        lambda: vault.open("web:1", OUT, ref),
        lambda: vault.open("web:1", IN, ref, kinds={"date"}),
        lambda: vault.open("web:1", IN, ref, kinds=()),
    ]

    told = set()
    for attempt in wrong:
        with pytest.raises(VaultMissing) as caught:
            attempt()
        told.add((str(caught.value), caught.value.__cause__, caught.value.__context__))

    assert told == {("the vault holds no such value", None, None)}
    assert vault.open("web:1", IN, ref, kinds={"four_digits", "date"}) == "8305"


def test_a_value_is_gone_when_its_time_is_over(vault: Vault, clock: Clock) -> None:
    ref = vault.put("web:1", IN, "four_digits", "8305")

    clock.tick(899)
    assert vault.open("web:1", IN, ref) == "8305"
    clock.tick(1)

    with pytest.raises(VaultMissing):
        vault.open("web:1", IN, ref)


def test_purging_deletes_the_expired_and_nothing_else(vault: Vault, clock: Clock) -> None:
    old = vault.put("web:1", IN, "four_digits", "8305")
    clock.tick(600)
    young = vault.put("web:1", IN, "four_digits", "9417")
    clock.tick(300)

    assert vault.purge() == 1

    assert vault.open("web:1", IN, young) == "9417"
    with pytest.raises(VaultMissing):
        vault.open("web:1", IN, old)


def test_spending_deletes_ones_own_references_only(vault: Vault, storage: Storage) -> None:
    mine = [vault.put("web:1", IN, "four_digits", "8305") for _ in range(2)]
    theirs = vault.put("web:2", IN, "four_digits", "9417")

    with storage.begin() as conn:
        vault.spend_in(conn, "web:1", [*mine, theirs])

    assert vault.open("web:2", IN, theirs) == "9417"
    for ref in mine:
        with pytest.raises(VaultMissing):
            vault.open("web:1", IN, ref)


def test_what_is_lent_opens_for_its_own_while_it_is_lent_and_is_never_written(vault: Vault, storage: Storage) -> None:
    with vault.lent("web:1", "address", "198.51.100.7") as ref:
        assert vault.open("web:1", IN, ref, kinds=("address",)) == "198.51.100.7"
        for conversation, direction, kinds in [("web:2", IN, None), ("web:1", Direction.OUT, None), ("web:1", IN, ("date",)), ("web:1", IN, ())]:
            with pytest.raises(VaultMissing):
                vault.open(conversation, direction, ref, kinds=kinds)
        with storage.read() as conn:
            assert conn.execute(select(schema.vault)).all() == []

    with pytest.raises(VaultMissing):
        vault.open("web:1", IN, ref)


def test_what_was_lent_is_taken_back_by_a_failure_too(vault: Vault) -> None:
    with pytest.raises(ZeroDivisionError), vault.lent("web:1", "address", "198.51.100.7") as ref:  # noqa: PT012
        kept = ref
        raise ZeroDivisionError

    with pytest.raises(VaultMissing):
        vault.open("web:1", IN, kept)


def test_a_value_put_in_a_transaction_that_fails_never_was(vault: Vault, storage: Storage) -> None:
    with pytest.raises(ZeroDivisionError), storage.begin() as conn:  # noqa: PT012  # the block is the transaction
        ref = vault.put_in(conn, "web:1", IN, "four_digits", "8305")
        assert vault.open_in(conn, "web:1", IN, ref) == "8305"
        raise ZeroDivisionError

    with pytest.raises(VaultMissing):
        vault.open("web:1", IN, ref)


@pytest.mark.parametrize("change", [{"conversation": "web:2"}, {"direction": "out"}, {"kind": "date"}])
def test_a_row_moved_by_someone_with_the_database_does_not_open(
    vault: Vault, storage: Storage, change: dict[str, str]
) -> None:
    ref = vault.put("web:1", IN, "four_digits", "8305")

    with storage.begin() as conn:
        conn.execute(update(schema.vault).values(**change))

    for conversation in ("web:1", "web:2"):
        for direction in Direction:
            with pytest.raises(VaultMissing):
                vault.open(conversation, direction, ref)


def test_the_database_holds_no_value_in_clear_and_no_length(vault: Vault, storage: Storage) -> None:
    for value in ("my-8305", "a.rather.long@address.example"):
        vault.put("web:1", IN, "message", value)

    with storage.read() as conn:
        rows = conn.execute(select(schema.vault)).all()

    assert not any(word in repr(rows) for word in ("my-8305", "address"))
    assert len({len(row.sealed) for row in rows}) == 1


def test_a_rotated_master_still_opens_what_waits(storage: Storage, clock: Clock) -> None:
    old, new = Secret("the master before the rotation"), Secret("the master after the rotation")
    ref = Vault(storage, Keys([old]), clock).put("web:1", IN, "four_digits", "8305")

    assert Vault(storage, Keys([new, old]), clock).open("web:1", IN, ref) == "8305"
    with pytest.raises(VaultMissing):
        Vault(storage, Keys([new]), clock).open("web:1", IN, ref)


def test_what_no_slot_refers_to_is_deleted_and_the_rest_stays(vault: Vault, storage: Storage) -> None:
    kept, gone = vault.put("web:1", Direction.IN, "last_four", "8305"), vault.put("web:1", Direction.IN, "date", "1")
    out, other = vault.put("web:1", Direction.OUT, "shown", "₹1"), vault.put("web:2", Direction.IN, "last_four", "1036")

    with storage.begin() as conn:
        vault.keep_only_in(conn, "web:1", Direction.IN, [kept])

    assert vault.open("web:1", Direction.IN, kept) == "8305"
    assert vault.open("web:1", Direction.OUT, out) == "₹1"
    assert vault.open("web:2", Direction.IN, other) == "1036"
    with pytest.raises(VaultMissing):
        vault.open("web:1", Direction.IN, gone)
