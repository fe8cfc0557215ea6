"""Verified records: how long they hold, for whom, and what ends them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sqlalchemy import select, update

from actions.guard import schema
from actions.guard.audit import Audit
from actions.guard.keys import Keys
from actions.guard.sessions import Sessions, Verified
from actions.guard.storage import Storage
from actions.settings import Secret

from .conftest import Clock


@pytest.fixture
def audit(storage: Storage, keys: Keys, clock: Clock) -> Audit:
    return Audit(storage, keys, clock)


@pytest.fixture
def sessions(storage: Storage, keys: Keys, audit: Audit, clock: Clock) -> Sessions:
    return Sessions(storage, keys, audit, clock)


def verify(sessions: Sessions, storage: Storage, conversation: str = "web:1", urn: str = "URN-1") -> Verified:
    with storage.begin() as conn:
        return sessions.open_in(conn, conversation, "identity-1", urn, "CUSTOMER-1", "LAST-8305")


def endings(audit: Audit, conversation: str = "web:1") -> list[object]:
    return [row.facts["why"] for row in audit.export(conversation=conversation) if row.outcome == "ended"]


def test_nobody_is_verified_at_first(sessions: Sessions) -> None:
    assert sessions.current("web:1") is None


def test_a_verification_holds_in_its_own_conversation_only(sessions: Sessions, storage: Storage) -> None:
    verify(sessions, storage)

    found = sessions.current("web:1")

    assert found is not None
    assert (found.urn, found.customer_id, found.last_four) == ("URN-1", "CUSTOMER-1", "LAST-8305")
    assert sessions.current("web:2") is None


def test_a_verification_that_was_rolled_back_never_was(sessions: Sessions, storage: Storage) -> None:
    with pytest.raises(ZeroDivisionError), storage.begin() as conn:  # noqa: PT012  # the block is the transaction
        sessions.open_in(conn, "web:1", "identity-1", "URN-1", "CUSTOMER-1", "LAST-8305")
        raise ZeroDivisionError

    assert sessions.current("web:1") is None


def test_five_idle_minutes_end_it(sessions: Sessions, storage: Storage, clock: Clock, audit: Audit) -> None:
    verify(sessions, storage)

    clock.tick(299)
    assert sessions.current("web:1")
    clock.tick(300)

    assert sessions.current("web:1") is None
    assert endings(audit) == ["idle"]


def test_fifteen_minutes_end_it_however_busy(
    sessions: Sessions, storage: Storage, clock: Clock, audit: Audit
) -> None:
    verify(sessions, storage)

    held = []
    for _ in range(15):
        clock.tick(60)
        held.append(sessions.current("web:1") is not None)

    assert held == [True] * 14 + [False]
    assert endings(audit) == ["old"]


def test_a_change_needs_a_young_verification(sessions: Sessions, storage: Storage, clock: Clock) -> None:
    verify(sessions, storage)

    clock.tick(200)
    assert sessions.current("web:1", max_age=300)
    clock.tick(101)

    assert sessions.current("web:1", max_age=300) is None
    assert sessions.current("web:1")


@pytest.mark.parametrize("jump", [-86_400, 86_400])
def test_a_clock_that_jumps_a_day_leaves_nobody_verified(
    sessions: Sessions, storage: Storage, clock: Clock, jump: float
) -> None:
    verify(sessions, storage)

    clock.tick(jump)
    assert sessions.current("web:1") is None
    clock.tick(-jump)

    assert sessions.current("web:1") is None


def test_a_second_card_ends_the_first(sessions: Sessions, storage: Storage, audit: Audit) -> None:
    verify(sessions, storage, urn="URN-1")
    verify(sessions, storage, urn="URN-2")

    found = sessions.current("web:1")

    assert found is not None
    assert found.urn == "URN-2"
    assert endings(audit) == ["verified again"]
    with storage.begin() as conn:
        assert sessions.end_for_urn_in(conn, "URN-1", "mobile changed") == 0


def test_ending_says_why_and_whether_there_was_anything(
    sessions: Sessions, storage: Storage, audit: Audit
) -> None:
    verify(sessions, storage)

    assert [sessions.end("web:1", "log-out"), sessions.end("web:1", "log-out")] == [True, False]

    assert sessions.current("web:1") is None
    assert endings(audit) == ["log-out"]


def test_a_mobile_change_ends_every_session_of_the_card_on_every_channel(
    sessions: Sessions, storage: Storage
) -> None:
    for conversation in ("web:1", "whatsapp:2"):
        verify(sessions, storage, conversation)
    verify(sessions, storage, "telegram:3", urn="URN-2")

    with storage.begin() as conn:
        ended = sessions.end_for_urn_in(conn, "URN-1", "mobile changed")

    assert ended == 2
    held = [each for each in ("web:1", "whatsapp:2", "telegram:3") if sessions.current(each)]
    assert held == ["telegram:3"]


def test_a_conversation_that_changes_hands_is_verified_no_more(
    sessions: Sessions, storage: Storage, clock: Clock, audit: Audit
) -> None:
    with storage.begin() as conn:
        conn.execute(
            schema.conversations.insert().values(
                conversation="web:1", channel="web", identity="identity-1", created=0.0, last_seen=0.0
            )
        )
    verify(sessions, storage)
    assert sessions.current("web:1")

    with storage.begin() as conn:
        conn.execute(update(schema.conversations).values(identity="someone-else"))

    assert sessions.current("web:1") is None
    assert endings(audit) == ["identity changed"]


@pytest.mark.parametrize("change", [{"conversation": "web:2"}, {"identity": "another"}, {"verified_at": 1.8e9 + 60}])
def test_a_record_altered_by_someone_with_the_database_does_not_hold(
    sessions: Sessions, storage: Storage, clock: Clock, change: dict[str, object]
) -> None:
    verify(sessions, storage)
    clock.tick(70)

    with storage.begin() as conn:
        conn.execute(update(schema.sessions).values(**change))

    assert sessions.current("web:1") is None
    assert sessions.current("web:2") is None


def test_purging_ends_what_is_over_and_nothing_else(
    sessions: Sessions, storage: Storage, clock: Clock, audit: Audit
) -> None:
    verify(sessions, storage, "web:1")
    clock.tick(200)
    verify(sessions, storage, "web:2")
    clock.tick(100)

    assert sessions.purge() == 1

    assert sessions.current("web:1") is None
    assert sessions.current("web:2")
    assert endings(audit) == ["idle"]


def test_nothing_of_the_cardholder_is_in_clear_in_the_database_or_a_repr(
    sessions: Sessions, storage: Storage
) -> None:
    verified = verify(sessions, storage)

    with storage.read() as conn:
        rows = [conn.execute(select(table)).all() for table in (schema.sessions, schema.audit)]

    assert not any(word in repr(rows) + repr(verified) for word in ("URN-1", "CUSTOMER-1", "LAST-8305"))


OTHER_PROCESS = """
import sys
from actions.guard.audit import Audit
from actions.guard.keys import Keys
from actions.guard.sessions import Sessions
from actions.guard.storage import Storage
from actions.settings import Secret
storage = Storage(sys.argv[1])
keys = Keys([Secret(sys.argv[2])])
sessions = Sessions(storage, keys, Audit(storage, keys, lambda: 1.8e9), lambda: 1.8e9)
found = sessions.current("web:1")
print(found and found.last_four)
sessions.end("web:1", "log-out")
"""


def test_another_process_sees_the_record_and_can_end_it(
    storage: Storage, database_url: str, clock: Clock
) -> None:
    master = "a master that two processes share"
    keys = Keys([Secret(master)])
    sessions = Sessions(storage, keys, Audit(storage, keys, clock), clock)
    verify(sessions, storage)

    seen = subprocess.run(
        [sys.executable, "-c", OTHER_PROCESS, database_url, master], capture_output=True, text=True, check=True
    )

    assert seen.stdout.strip() == "LAST-8305"
    assert sessions.current("web:1") is None


def test_a_session_says_what_was_shown_and_when(sessions: Sessions, storage: Storage, clock: Clock, audit: Audit) -> None:
    with storage.begin() as conn:
        sessions.open_in(conn, "web:1", "identity-1", "URN-1", "CUSTOMER-1", "LAST-8305", "whatsapp number")
    opened_at = clock.now
    clock.tick(10)

    found = sessions.current("web:1")

    assert found is not None
    assert (found.possession, found.possession_at) == ("whatsapp number", opened_at)
    assert [row.facts for row in audit.export(conversation="web:1")] == [{"possession": "whatsapp number"}]


def test_possession_shown_later_makes_a_verification_fresh_again_but_no_longer(
    sessions: Sessions, storage: Storage, clock: Clock
) -> None:
    verify(sessions, storage)
    for _ in range(2):
        clock.tick(280)
        assert sessions.current("web:1")
    assert sessions.current("web:1", max_age=300) is None

    assert sessions.show_possession("web:1", "URN-1", "sms code")

    found = sessions.current("web:1", max_age=300)
    assert found is not None
    assert (found.possession, found.possession_at, found.last_four) == ("sms code", clock.now, "LAST-8305")
    clock.tick(280)
    assert sessions.current("web:1")
    clock.tick(60)
    assert sessions.current("web:1") is None


def test_possession_of_another_card_or_of_nobody_is_not_noted(sessions: Sessions, storage: Storage, clock: Clock) -> None:
    assert not sessions.show_possession("web:1", "URN-1", "sms code")
    verify(sessions, storage)

    assert not sessions.show_possession("web:1", "URN-2", "sms code")
    clock.tick(301)
    assert not sessions.show_possession("web:1", "URN-1", "sms code")


def test_the_conversations_of_a_card(sessions: Sessions, storage: Storage) -> None:
    verify(sessions, storage, "web:1")
    verify(sessions, storage, "web:2")
    verify(sessions, storage, "web:3", urn="URN-2")

    with storage.read() as conn:
        assert sorted(sessions.of_urn_in(conn, "URN-1")) == ["web:1", "web:2"]
