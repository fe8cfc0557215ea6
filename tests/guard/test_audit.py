"""The chain of what happened: whatever is done to it from outside is found."""

from __future__ import annotations

import math
import random
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update

from actions.guard import schema
from actions.guard.audit import Audit, AuditBroken, Fault, Head
from actions.guard.keys import Keys
from actions.guard.sessions import Sessions
from actions.guard.storage import Storage, StorageConflict
from actions.settings import Secret

from .conftest import Clock

TEXTS = ("event", "conversation", "outcome", "subject", "reference", "facts", "hash")


@pytest.fixture
def audit(storage: Storage, keys: Keys, clock: Clock) -> Audit:
    return Audit(storage, keys, clock)


def fill(audit: Audit, clock: Clock, count: int = 12) -> None:
    for number in range(count):
        clock.tick(1.5)
        audit.record("verify", f"web:{number % 3}", "failed", subject="s", reference=f"T{number}", code=1001)


def test_an_untouched_chain_has_no_fault(audit: Audit, clock: Clock) -> None:
    assert audit.verify() == []

    fill(audit, clock)

    assert audit.verify() == []


def test_what_was_recorded_can_be_shown(audit: Audit, clock: Clock) -> None:
    audit.record("update", "web:1", "confirmed", subject="who", reference="TXN7", field="email", tries=1)

    entry = audit.latest()[-1]

    assert (entry.seq, entry.event, entry.conversation, entry.outcome) == (1, "update", "web:1", "confirmed")
    assert (entry.at, entry.subject, entry.reference) == (clock.now, "who", "TXN7")
    assert entry.facts == {"field": "email", "tries": 1}


def test_a_row_of_a_transaction_that_fails_leaves_no_gap(audit: Audit, storage: Storage, clock: Clock) -> None:
    with pytest.raises(ZeroDivisionError), storage.begin() as conn:  # noqa: PT012  # the block is the transaction
        audit.record_in(conn, "verify", "web:1", "failed")
        raise ZeroDivisionError

    fill(audit, clock, 2)

    assert audit.verify() == []
    assert [each.seq for each in audit.latest()] == [1, 2]


@pytest.mark.parametrize("mark", ["conversation", "subject", "reference"])
def test_an_export_holds_the_rows_of_one_mark_only(audit: Audit, mark: str) -> None:
    for name in ("one", "two", "one"):
        given = {"conversation": "web:0", mark: name}
        conversation = given.pop("conversation")
        audit.record("verify", conversation, "failed", **given)  # type: ignore[arg-type]

    assert [entry.seq for entry in audit.export(**{mark: "one"})] == [1, 3]


def test_an_export_of_everybody_is_refused(audit: Audit) -> None:
    with pytest.raises(ValueError, match="one conversation"):
        audit.export()


def test_the_trail_of_a_cardholder_has_what_was_theirs_and_nothing_of_who_spoke_before_or_afterwards(
    audit: Audit, storage: Storage, keys: Keys, clock: Clock
) -> None:
    sessions = Sessions(storage, keys, audit, clock)

    def verified(conversation: str, urn: str, *acts: str) -> None:
        with storage.begin() as conn:
            sessions.open_in(conn, conversation, "identity", urn, "customer", "8305")
        for act in acts:
            audit.record("record", conversation, "told", request=act)

    verified("web:shared", "8001", "balance of the first")
    verified("web:shared", "8002", "balance", "profile")
    audit.record("change", "web:shared", "asked for", reference="CH1", field="email")
    sessions.end("web:shared", "log out")
    verified("web:shared", "8003", "balance of the third")
    audit.record("change", "web:elsewhere", "confirmed", reference="CH1", field="email")
    audit.record("ticket", "web:shared", "claimed", reference="T9")

    trail = audit.trail_of(sessions.pseudonym("8002"))

    assert [(each.event, each.outcome) for each in trail] == [
        ("session", "opened"), ("record", "told"), ("record", "told"), ("change", "asked for"), ("session", "ended"), ("change", "confirmed"),
    ]  # fmt: skip
    assert [each.facts["request"] for each in trail if each.event == "record"] == ["balance", "profile"]
    assert audit.trail_of(sessions.pseudonym("9999")) == []


class Vandal:
    """Someone with the whole database and no key."""

    def __init__(self, storage: Storage, seed: int) -> None:
        self.storage = storage
        self.dice = random.Random(seed)

    def act(self, restored: list[dict[str, Any]] | None = None) -> str:
        """One deed, on the rows as they are, or on these."""
        with self.storage.begin() as conn:
            if restored:
                conn.execute(delete(schema.audit))
                conn.execute(insert(schema.audit), restored)
            rows = [dict(row._mapping) for row in conn.execute(select(schema.audit).order_by(schema.audit.c.seq))]
            deed = self.dice.choice([self.flip, self.drop, self.truncate, self.swap, self.insert, self.copy])
            deed(conn, rows)
        return deed.__name__

    def flip(self, conn: Any, rows: list[dict[str, Any]]) -> None:
        row, name = self.dice.choice(rows), self.dice.choice([*TEXTS, "at", "seq"])
        value = row[name]
        if isinstance(value, str):
            value = value or "x"
            position = self.dice.randrange(len(value))
            changed: Any = value[:position] + chr(ord(value[position]) ^ 1 << self.dice.randrange(6)) + value[position + 1 :]
            changed = changed.replace("\0", "\1")
        else:
            changed = value + self.dice.choice([-1, 1]) * 2 ** self.dice.randrange(8, 20)
        conn.execute(update(schema.audit).where(schema.audit.c.seq == row["seq"]).values({name: changed}))

    def drop(self, conn: Any, rows: list[dict[str, Any]]) -> None:
        conn.execute(delete(schema.audit).where(schema.audit.c.seq == self.dice.choice(rows)["seq"]))

    def truncate(self, conn: Any, rows: list[dict[str, Any]]) -> None:
        conn.execute(delete(schema.audit).where(schema.audit.c.seq > self.dice.randrange(len(rows))))

    def swap(self, conn: Any, rows: list[dict[str, Any]]) -> None:
        one, two = self.dice.sample(rows, 2)
        conn.execute(delete(schema.audit).where(schema.audit.c.seq.in_([one["seq"], two["seq"]])))
        conn.execute(insert(schema.audit), [{**one, "seq": two["seq"]}, {**two, "seq": one["seq"]}])

    def insert(self, conn: Any, rows: list[dict[str, Any]]) -> None:
        last = max(rows, key=lambda row: row["seq"])
        conn.execute(insert(schema.audit), [{**last, "seq": last["seq"] + self.dice.choice([1, 2])}])

    def copy(self, conn: Any, rows: list[dict[str, Any]]) -> None:
        one, two = self.dice.sample(rows, 2)
        conn.execute(update(schema.audit).where(schema.audit.c.seq == two["seq"]).values(reference=one["reference"]))


def test_every_change_deletion_reordering_and_truncation_is_found_in_1000_trials(
    tmp_path: Path, keys: Keys, clock: Clock
) -> None:
    storage = Storage(f"sqlite:///{tmp_path / 'cardbot.db'}")
    storage.migrate()
    audit = Audit(storage, keys, clock)
    fill(audit, clock)
    with storage.read() as conn:
        rows = [dict(row._mapping) for row in conn.execute(select(schema.audit))]

    missed = []
    for seed in range(1000):
        deed = Vandal(storage, seed).act(rows)
        missed += [] if audit.verify() else [(seed, deed)]

    assert missed == []
    storage.close()


def test_no_byte_of_any_row_and_none_of_the_head_can_change_unseen(tmp_path: Path, keys: Keys, clock: Clock) -> None:
    storage = Storage(f"sqlite:///{tmp_path / 'cardbot.db'}")
    storage.migrate()
    audit = Audit(storage, keys, clock)
    fill(audit, clock, 3)
    tables = {"audit": [*TEXTS, "at", "seq"], "audit_head": ["last_hash", "base_hash", "mac", "last_seq", "base_seq"]}
    tried, missed = 0, []
    for table, name, row, value, changed in every_change(storage, tables):
        kept = "CAST(:new AS TEXT)" if isinstance(value, str) else ":new"
        try:
            with storage.begin() as conn:
                conn.execute(text(f"UPDATE {table} SET {name} = {kept} WHERE rowid = {row}"), {"new": changed})
        except StorageConflict:  # a number that another row has
            continue
        tried += 1
        missed += [] if audit.verify() else [(table, name, row, changed)]
        with storage.begin() as conn:
            where = f"seq = {changed}" if name == "seq" else f"rowid = {row}"
            conn.execute(text(f"UPDATE {table} SET {name} = :old WHERE {where}"), {"old": value})

    assert missed == []
    assert audit.verify() == []
    assert tried > 500
    storage.close()


def every_change(storage: Storage, tables: dict[str, list[str]]) -> Iterator[tuple[str, str, int, Any, Any]]:
    """Table, column, row, what stands there, and what else could."""
    for table, columns in tables.items():
        with storage.read() as conn:
            rows = conn.execute(text(f"SELECT rowid, {', '.join(columns)} FROM {table}")).all()
        for row in rows:
            for name, value in zip(columns, row[1:], strict=True):
                yield from ((table, name, row[0], value, changed) for changed in changes_of(value))


def changes_of(value: str | float) -> Iterator[Any]:
    """The value with one bit of one of its bytes changed: of every byte, another bit each time."""
    packed = value.encode() if isinstance(value, str) else struct.pack(">q" if isinstance(value, int) else ">d", value)
    for at in range(len(packed)):
        changed = bytearray(packed)
        changed[at] ^= 1 << at % 7
        if isinstance(value, str):
            yield bytes(changed)
        elif isinstance(value, int):
            yield struct.unpack(">q", changed)[0]
        elif math.isfinite(found := struct.unpack(">d", changed)[0]):
            yield found


def test_the_same_vandal_is_found_on_every_database(audit: Audit, storage: Storage, clock: Clock) -> None:
    fill(audit, clock)

    Vandal(storage, 1).act()

    assert audit.verify()


def test_a_fault_names_the_row(audit: Audit, storage: Storage, clock: Clock) -> None:
    fill(audit, clock)

    with storage.begin() as conn:
        conn.execute(update(schema.audit).where(schema.audit.c.seq == 5).values(outcome="succeeded"))
        conn.execute(delete(schema.audit).where(schema.audit.c.seq == 9))

    assert audit.verify() == [Fault(5, "changed"), Fault(9, "missing"), Fault(10, "changed")]


def test_a_byte_that_is_no_text_is_a_fault_and_no_crash(tmp_path: Path, keys: Keys, clock: Clock) -> None:
    storage = Storage(f"sqlite:///{tmp_path / 'cardbot.db'}")
    storage.migrate()
    audit = Audit(storage, keys, clock)
    fill(audit, clock, 3)

    with storage.begin() as conn:
        conn.execute(text("UPDATE audit SET outcome = CAST(X'FF41' AS TEXT) WHERE seq = 2"))

    assert audit.verify() == [Fault(2, "changed")]
    storage.close()


@pytest.mark.parametrize("column", ["last_hash", "base_hash", "mac"])
def test_a_forged_head_is_found_and_never_signed_over(
    audit: Audit, storage: Storage, clock: Clock, column: str
) -> None:
    fill(audit, clock)

    with storage.begin() as conn:
        conn.execute(update(schema.audit_head).values({column: "f" * 64}))

    assert Fault(0, "forged") in audit.verify()
    with pytest.raises(AuditBroken):
        audit.record("verify", "web:1", "failed")


def test_a_chain_computed_anew_without_the_key_is_found(
    audit: Audit, storage: Storage, clock: Clock, database_url: str
) -> None:
    fill(audit, clock)
    with storage.begin() as conn:
        conn.execute(delete(schema.audit))
        conn.execute(delete(schema.audit_head))

    fill(Audit(storage, Keys([Secret("the secret of somebody else")]), clock), clock)

    assert audit.verify() == [Fault(0, "forged")]


def test_rows_without_a_head_are_found(audit: Audit, storage: Storage, clock: Clock) -> None:
    fill(audit, clock)

    with storage.begin() as conn:
        conn.execute(delete(schema.audit_head))

    assert audit.verify()


def test_a_return_to_an_older_state_is_found_with_a_head_kept_elsewhere(
    audit: Audit, storage: Storage, clock: Clock
) -> None:
    fill(audit, clock, 3)
    with storage.read() as conn:
        head = dict(conn.execute(select(schema.audit_head)).one()._mapping)
    fill(audit, clock, 3)
    known = audit.head()
    assert audit.verify(known) == []

    with storage.begin() as conn:
        conn.execute(delete(schema.audit).where(schema.audit.c.seq > 3))
        conn.execute(update(schema.audit_head).values(**head))

    assert audit.verify() == []
    assert audit.verify(known) == [Fault(4, "missing"), Fault(5, "missing"), Fault(6, "missing")]
    fill(audit, clock, 4)
    assert audit.verify(known) == [Fault(6, "changed")]


def test_forgetting_the_oldest_leaves_a_sound_chain(audit: Audit, clock: Clock) -> None:
    start = clock.now
    fill(audit, clock, 10)

    assert audit.forget(start + 1.5 * 4.5) == 4
    assert audit.forget(start) == 0
    fill(audit, clock, 2)

    assert [entry.seq for entry in audit.latest()] == list(range(5, 13))
    assert audit.verify() == []
    assert audit.forget(clock.now + 1) == 8
    assert audit.verify() == []


def test_after_a_rotation_the_chain_goes_on(storage: Storage, clock: Clock) -> None:
    old, new = Secret("the master before the rotation"), Secret("the master after the rotation")
    fill(Audit(storage, Keys([old]), clock), clock, 3)

    fill(Audit(storage, Keys([new, old]), clock), clock, 3)

    assert Audit(storage, Keys([new]), clock).verify() == []
    assert Audit(storage, Keys([old]), clock).verify() == [Fault(0, "forged")]


RECORDING = """
import sys
from actions.guard.audit import Audit
from actions.guard.keys import Keys
from actions.guard.storage import Storage, StorageConflict
from actions.settings import Secret
storage = Storage(sys.argv[1])
audit = Audit(storage, Keys([Secret("a master that processes share")]), lambda: 1.0)
for n in range(15):
    audit.record("verify", "web:1", "failed")
"""


def test_processes_that_record_at_once_make_one_sound_chain(
    storage: Storage, database_url: str, clock: Clock
) -> None:
    started = [subprocess.Popen([sys.executable, "-c", RECORDING, database_url]) for _ in range(3)]

    assert [each.wait(60) for each in started] == [0, 0, 0]
    audit = Audit(storage, Keys([Secret("a master that processes share")]), clock)
    assert audit.verify() == []
    assert audit.head().seq == 45


def test_an_empty_chain_has_an_empty_head(audit: Audit) -> None:
    assert audit.head() == Head(0, "0" * 64)
