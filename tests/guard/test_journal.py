"""The journal and the Reconciler through their doors, with a pretend bank, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from actions.guard.journal import AlreadySet, InFlight, Journal, NoProposal, Stale
from actions.guard.journal_change import Change, State, Told
from actions.guard.keys import Keys
from actions.guard.reconcile import Answer, Sent
from actions.guard.reconciler import Reconciler
from actions.guard.schema import changes, proposals
from actions.guard.storage import Storage

from .conftest import Clock

OLD, NEW = "old.name@example.com", "new.name@example.com"


class PretendBank:
    """Answers as it is told and keeps every copy."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.answers: list[Sent | Exception] = []
        self.value: str | None = OLD
        self.applies = True
        self.copies: list[tuple[bytes, str]] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def send(self, request: bytes, txn: str) -> Sent:
        answer = self.answers.pop(0) if self.answers else Sent(Answer.CONFIRMED)
        if isinstance(answer, Sent) and answer.answer is Answer.NOT_SENT:
            return answer
        self.copies.append((request, txn))
        self.meanwhile()
        if self.applies:
            self.value = request.decode()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def read(self, urn: str, kind: str) -> str | None:
        assert urn == "URN1"
        assert kind == "email"
        return self.value


class Office:
    """A journal, a bank and a worker, and what they reported."""

    def __init__(self, storage: Storage, keys: Keys, clock: Clock) -> None:
        self.clock = clock
        self.bank = PretendBank(clock)
        self.journal = Journal(storage, keys, clock)
        self.told: list[Told] = []
        self.tickets: list[State] = []
        self.closed: list[State] = []
        self.worker = Reconciler(
            self.journal, self.bank, clock, clock.tick,
            tell=lambda conn, change: self.told.append(change.words),
            ticket=lambda conn, change: self.tickets.append(change.state),
            closed=lambda conn, change: self.closed.append(change.state),
        )  # fmt: skip

    def prepared(self, talk: str = "web:1", message: str = "yes", **more: float) -> Change:
        nonce = self.journal.propose(talk, "URN1", "email", OLD, NEW)
        return self.journal.prepare(talk, message, nonce, NEW.encode(), "TXN00000000001", **more)

    def run_for(self, seconds: float) -> None:
        for _ in range(int(seconds)):
            self.clock.tick(1)
            self.worker.run_due()


@pytest.fixture
def office(storage: Storage, keys: Keys, clock: Clock) -> Office:
    return Office(storage, keys, clock)


def test_a_change_that_works_is_read_back_before_it_is_called_done(office: Office) -> None:
    end = office.worker.carry_out(office.prepared())

    assert (end.state, end.words) == (State.CONFIRMED, Told.UPDATED)
    assert office.bank.copies == [(NEW.encode(), "TXN00000000001")]
    assert (office.closed, office.told, office.tickets) == ([State.CONFIRMED], [], [])


def test_the_row_says_sent_before_the_bytes_leave(office: Office) -> None:
    change = office.prepared()
    seen = []
    office.bank.meanwhile = lambda: seen.append(office.journal.change(change.op_id))

    office.worker.carry_out(change)

    assert [each.state for each in seen if each] == [State.SENT]


def test_a_proposal_lasts_two_minutes_and_the_next_one_replaces_it(office: Office, clock: Clock) -> None:
    first = office.journal.propose("web:1", "URN1", "email", OLD, "first@example.com")
    second = office.journal.propose("web:1", "URN1", "email", OLD, NEW)

    with pytest.raises(NoProposal):
        office.journal.prepare("web:1", "yes", first, b"", "T")
    with pytest.raises(NoProposal):
        office.journal.prepare("web:2", "yes", second, b"", "T")
    clock.tick(119)
    proposal = office.journal.proposal("web:1")
    assert proposal is not None
    assert (proposal.new, proposal.old, proposal.urn) == (NEW, OLD, "URN1")
    clock.tick(1)
    assert office.journal.proposal("web:1") is None
    with pytest.raises(NoProposal):
        office.journal.prepare("web:1", "yes", second, b"", "T")


def test_a_yes_that_was_said_before_the_question_was_shown_means_nothing(
    office: Office, storage: Storage, clock: Clock
) -> None:
    nonce = office.journal.propose("web:1", "URN1", "email", OLD, NEW)
    with pytest.raises(NoProposal):
        office.journal.prepare("web:1", "early", nonce, b"", "T", said_at=clock.now)
    clock.tick(5)
    with storage.begin() as conn:
        office.journal.shown_in(conn, "web:1")
    with pytest.raises(NoProposal):
        office.journal.prepare("web:1", "early", nonce, b"", "T", said_at=clock.now - 1)

    assert office.journal.prepare("web:1", "yes", nonce, b"", "T", said_at=clock.now + 1).fresh


def test_a_dropped_proposal_is_gone(office: Office) -> None:
    office.journal.propose("web:1", "URN1", "email", OLD, NEW)
    office.journal.drop("web:1")

    assert office.journal.proposal("web:1") is None


def test_the_present_value_needs_no_change(office: Office) -> None:
    with pytest.raises(AlreadySet):
        office.journal.propose("web:1", "URN1", "mobile", "919820012345", "+91 98200 12345")


def test_a_yes_that_comes_again_is_the_same_row_and_sends_nothing(office: Office) -> None:
    first = office.prepared()
    office.worker.carry_out(first)
    again = office.journal.prepare("web:1", "yes", "whatever", b"other", "T2")

    end = office.worker.carry_out(again)

    assert (again.op_id, again.fresh, end.words) == (first.op_id, False, Told.UPDATED)
    assert len(office.bank.copies) == 1
    assert office.journal.by_message("web:1", "yes") is not None
    assert office.journal.by_message("web:2", "yes") is None


def test_one_change_of_a_field_at_a_time_whoever_asks(office: Office) -> None:
    other = office.journal.propose("telegram:9", "URN1", "email", OLD, "x@example.com")
    change = office.prepared()

    with pytest.raises(InFlight) as proposing:
        office.journal.propose("web:2", "URN1", "email", OLD, NEW)
    with pytest.raises(InFlight) as preparing:
        office.journal.prepare("telegram:9", "yes", other, b"", "T")

    assert proposing.value.change.reference == preparing.value.change.reference == change.reference
    assert office.journal.propose("web:2", "URN1", "mobile", "1", "2")
    assert office.journal.propose("web:3", "URN2", "email", OLD, NEW)


def test_of_two_yeses_at_the_same_moment_one_is_sent(office: Office) -> None:
    nonces = [office.journal.propose(f"web:{n}", "URN1", "email", OLD, NEW) for n in range(8)]
    results: list[str] = []
    gate = threading.Barrier(8)

    def confirm(n: int) -> None:
        gate.wait()
        try:
            results.append(str(office.journal.prepare(f"web:{n}", "yes", nonces[n], b"", "T").fresh))
        except InFlight:
            results.append("in flight")

    threads = [threading.Thread(target=confirm, args=(n,)) for n in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sorted(results) == ["True", *["in flight"] * 7]


def test_what_could_not_be_sent_is_tried_three_times_within_patience(office: Office, clock: Clock) -> None:
    office.bank.answers = [Sent(Answer.NOT_SENT)] * 3
    began = clock.now

    end = office.worker.carry_out(office.prepared())

    assert (end.state, end.words, clock.now - began) == (State.REJECTED_LOCAL, Told.NOT_REACHED, 2.5)
    assert office.bank.copies == []


def test_news_that_come_after_the_turn_are_told_once(office: Office) -> None:
    office.bank.answers = [TimeoutError()]
    office.bank.applies = False
    change = office.worker.carry_out(office.prepared(), patience=6)
    said = office.journal.let_go(change.op_id)
    assert said.words is Told.CHECKING

    office.bank.value = NEW
    office.run_for(200)

    assert (office.told, office.closed) == ([Told.UPDATED], [State.CONFIRMED])
    assert len(office.bank.copies) == 1


def test_the_turn_is_not_interrupted_while_it_waits(office: Office) -> None:
    office.bank.answers = [TimeoutError()]
    change = office.worker.carry_out(office.prepared(), patience=0)
    office.run_for(5)
    assert office.told == []

    assert office.journal.let_go(change.op_id).words is Told.UPDATED
    office.run_for(100)
    assert office.told == []


def test_a_turn_that_died_leaves_the_news_to_the_worker(office: Office) -> None:
    office.worker.carry_out(office.prepared())

    office.run_for(28)
    assert office.told == []
    office.run_for(5)

    assert office.told == [Told.UPDATED]


def test_a_turn_that_lets_go_while_the_bank_is_asked_still_hears_the_end(office: Office) -> None:
    change = office.prepared()
    office.bank.meanwhile = lambda: office.journal.let_go(change.op_id)

    office.worker.carry_out(change)

    assert office.told == [Told.UPDATED]


def test_a_lost_sender_is_found_when_its_lease_ends(office: Office, clock: Clock) -> None:
    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    office.bank.meanwhile = die
    change = office.prepared()
    with pytest.raises(Killed):
        office.worker.carry_out(change)
    assert office.worker.run_due() == 0
    clock.tick(31)
    office.bank.meanwhile = lambda: None
    office.run_for(700)

    row = office.journal.change(change.op_id)
    assert row is not None
    assert (row.state, row.sends) == (State.CONFIRMED, 2)
    assert office.told == [Told.CHECKING, Told.UPDATED]


def test_a_lone_process_recovers_at_once(office: Office) -> None:
    never_sent = office.prepared()

    assert office.worker.recover() == 1

    row = office.journal.change(never_sent.op_id)
    assert row is not None
    assert (row.state, row.words) == (State.CANCELLED, Told.NOT_REACHED)


def test_a_cancelled_change_cannot_be_sent_late(office: Office) -> None:
    stalled = office.prepared()
    office.worker.recover()

    end = office.worker.carry_out(stalled)

    assert (end.state, office.bank.copies) == (State.CANCELLED, [])


def test_a_conflict_goes_to_a_person_who_can_close_it(office: Office) -> None:
    office.bank.answers, office.bank.applies = [TimeoutError()], False
    office.bank.value = "somebody.else@example.com"
    change = office.journal.let_go(office.worker.carry_out(office.prepared()).op_id)
    assert (office.tickets, office.closed, change.words) == ([State.CONFLICT], [], Told.WITH_A_PERSON)

    office.worker.resolve(change.op_id, applied=False)

    assert (office.told, office.closed) == ([Told.NOT_DONE], [State.NOT_APPLIED])
    with pytest.raises(Stale):
        office.worker.resolve(change.op_id, applied=True)


def test_a_report_that_fails_takes_the_state_back_with_it(office: Office, storage: Storage, keys: Keys) -> None:
    def fail(conn: Connection, change: Change) -> None:
        raise RuntimeError

    office.bank.answers, office.bank.applies = [TimeoutError()], False
    change = office.journal.let_go(office.worker.carry_out(office.prepared()).op_id)
    office.bank.value = NEW
    broken = Reconciler(office.journal, office.bank, office.clock, office.clock.tick, tell=fail)
    office.clock.tick(300)

    assert broken.run_due() == 1

    row = office.journal.change(change.op_id)
    assert row is not None
    assert row.state is State.UNKNOWN
    office.run_for(40)
    assert office.told == [Told.UPDATED]


def test_when_the_bank_is_back_nobody_waits_for_the_schedule(office: Office, clock: Clock) -> None:
    office.bank.answers, office.bank.value = [TimeoutError()], None
    office.bank.applies = False
    change = office.journal.let_go(office.worker.carry_out(office.prepared()).op_id)
    office.run_for(700)
    assert office.tickets == [State.UNKNOWN]
    office.bank.value = NEW

    assert office.journal.hasten() == 1
    office.worker.run_due()

    row = office.journal.change(change.op_id)
    assert row is not None
    assert row.state is State.CONFIRMED


def test_a_clock_that_goes_back_a_day_neither_stops_nor_hurries_a_change(office: Office, clock: Clock) -> None:
    office.bank.answers, office.bank.applies = [TimeoutError(), TimeoutError()], False
    office.journal.let_go(office.worker.carry_out(office.prepared()).op_id)
    clock.tick(-86_400)
    began = clock.now
    while not office.told:
        due = [each.next_at or 0.0 for each in office.journal.open_changes()]
        clock.now = max(clock.now + 1, *(at for at in due if at < clock.now + 1000), 0.0)
        office.worker.run_due()

    assert office.told == [Told.NOT_DONE]
    assert clock.now - began > 600
    assert len(office.bank.copies) == 2


def test_open_changes_are_listed_for_the_operator(office: Office) -> None:
    change = office.prepared()

    assert [each.reference for each in office.journal.open_changes()] == [change.reference]
    office.worker.carry_out(change)
    assert office.journal.open_changes() == []


def test_values_lie_sealed_and_are_forgotten_after_the_end(
    office: Office, storage: Storage, clock: Clock
) -> None:
    def rows() -> bytes:
        with storage.read() as conn:
            found = [tuple(row) for table in (changes, proposals) for row in conn.execute(table.select())]
        values = [value for row in found for value in row]
        return b"|".join(v if isinstance(v, bytes) else str(v).encode() for v in values)

    office.journal.propose("web:9", "URN1", "email", OLD, NEW)
    change = office.prepared()
    for value in (OLD, NEW, "URN1"):
        assert value.encode() not in rows()
    office.worker.carry_out(change)
    kept = office.journal.let_go(change.op_id)
    assert (kept.new, kept.request) == (NEW, b"")

    clock.tick(901)
    office.journal.purge()

    row = office.journal.change(change.op_id)
    assert row is not None
    assert (row.urn, row.old, row.new, row.state) == ("", "", "", State.CONFIRMED)
    assert row.words is Told.UPDATED
    clock.tick(366 * 86_400)
    assert office.journal.purge() == 1
