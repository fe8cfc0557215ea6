"""Decisions about a change, each from the row and one fact, without a database."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.guard.journal_change import OPEN, Change, Reading, State, Told, compare, is_same
from actions.guard.reconcile import (
    PACE,
    Answer,
    Sent,
    after_send,
    interrupted,
    measured_anew,
    next_step,
    sending,
)

OLD, NEW, THIRD = "old@x.com", "new@x.com", "third@x.com"
PREPARED = Change(
    op_id="ab", reference="ABCD-EFGH", conversation="web:1", field="email", txn="T1", urn="U1", old=OLD, new=NEW,
    request=b"{}", state=State.PREPARED, version=1, sends=0, misses=0, duplicate=False, code="", made_at=0.0,
    sent_at=None, first_old_at=None, next_at=None, closed_at=None, waiting_until=0.0, told=Told.NOTHING,
    ticketed=False,
)  # fmt: skip
SENT = sending(PREPARED, 0.0)
UNKNOWN = after_send(SENT, Sent(Answer.UNKNOWN), 0.0)


def read_through(change: Change, read: str | None, until: float) -> Change:
    """The row after all read-backs that fall due until then, each with the same result."""
    while change.is_open and change.next_at is not None and change.next_at <= until:
        change = next_step(change, read, change.next_at)
        if change.state is State.SENT:
            return change
    return change


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Answer.CONFIRMED, State.CONFIRMED_PENDING),
        (Answer.REJECTED, State.REJECTED),
        (Answer.MISCONFIGURED, State.REJECTED),
        (Answer.DUPLICATE, State.UNKNOWN),
        (Answer.UNKNOWN, State.UNKNOWN),
        (Answer.NOT_SENT, State.PREPARED),
    ],
)
def test_the_first_answer_decides(answer: Answer, state: State) -> None:
    after = after_send(SENT, Sent(answer, "1034"), 0.0)

    assert after.state is state
    assert after.duplicate is (answer is Answer.DUPLICATE)
    assert (after.code == "1034") is (state is State.REJECTED)


def test_what_was_not_sent_is_tried_twice_more_and_then_given_up() -> None:
    waits, change, now = [], PREPARED, 0.0
    while change.state is State.PREPARED:
        change = after_send(sending(change, now), Sent(Answer.NOT_SENT), now)
        if change.next_at is not None:
            waits.append(change.next_at - now)
            now = change.next_at

    assert (waits, change.state, change.sends) == ([0.5, 2.0], State.REJECTED_LOCAL, 0)
    assert change.words is Told.NOT_REACHED


def test_a_confirmation_is_done_only_when_the_record_says_so() -> None:
    pending = after_send(SENT, Sent(Answer.CONFIRMED), 0.0)

    assert (pending.words, pending.next_at) == (Told.ACCEPTED, 1.0)
    assert next_step(pending, NEW, 1.0).words is Told.UPDATED
    assert next_step(pending, OLD, 1.0).words is Told.ACCEPTED
    assert read_through(pending, OLD, 1e6).state is State.MANUAL


def test_reads_come_after_1_3_10_30_seconds_2_and_10_minutes_and_six_hours() -> None:
    times, change = [], UNKNOWN
    while change.is_open:
        assert change.next_at is not None
        times.append(change.next_at)
        change = next_step(change, None, change.next_at)

    assert times == [1, 3, 10, 30, 120, 600, *(600 + 3600 * hour for hour in range(1, 7))]
    assert (change.state, change.ticketed) == (State.MANUAL, True)


def test_a_record_that_cannot_be_read_for_ten_minutes_asks_for_a_person_and_goes_on() -> None:
    change = read_through(UNKNOWN, None, 600)

    assert (change.state, change.ticketed, change.words) == (State.UNKNOWN, True, Told.CHECKING)
    assert next_step(change, NEW, 4200.0).state is State.CONFIRMED


def test_a_third_value_is_never_overwritten() -> None:
    change = next_step(UNKNOWN, THIRD, 1.0)

    assert (change.state, change.ticketed, change.words) == (State.CONFLICT, True, Told.WITH_A_PERSON)


def test_the_same_bytes_go_once_more_after_two_old_reads_apart() -> None:
    again = read_through(UNKNOWN, OLD, 600)

    assert (again.state, again.sends, again.sent_at) == (State.SENT, 2, 120.0)
    assert (again.request, again.txn) == (PREPARED.request, PREPARED.txn)


def test_two_copies_are_the_most() -> None:
    twice = after_send(read_through(UNKNOWN, OLD, 600), Sent(Answer.UNKNOWN), 120.0)

    end = read_through(twice, OLD, 1e6)

    assert (end.state, end.closed_at) == (State.NOT_APPLIED, 720.0)


def test_after_a_duplicate_the_old_value_is_no_proof() -> None:
    first = after_send(SENT, Sent(Answer.DUPLICATE, "1054"), 0.0)
    second = after_send(read_through(UNKNOWN, OLD, 600), Sent(Answer.DUPLICATE, "1054"), 120.0)

    assert read_through(first, OLD, 1e6).state is State.MANUAL
    assert read_through(second, OLD, 1e6).state is State.MANUAL
    assert next_step(second, NEW, 121.0).state is State.CONFIRMED


def test_a_refusal_of_the_second_copy_counts_once_the_record_was_read() -> None:
    refused = after_send(read_through(UNKNOWN, OLD, 600), Sent(Answer.REJECTED, "1034"), 120.0)

    assert (refused.state, refused.words) == (State.UNKNOWN, Told.CHECKING)
    assert next_step(refused, OLD, 121.0).state is State.REJECTED
    assert next_step(refused, NEW, 121.0).state is State.CONFIRMED


def test_a_second_copy_that_did_not_leave_is_not_tried_for_ever() -> None:
    change = after_send(read_through(UNKNOWN, OLD, 600), Sent(Answer.NOT_SENT), 120.0)

    assert (change.state, change.sends) == (State.UNKNOWN, 1)
    assert read_through(change, OLD, 1e6).state is State.NOT_APPLIED


def test_one_late_read_after_a_long_silence_does_not_decide() -> None:
    first = next_step(UNKNOWN, OLD, 5000.0)

    assert (first.state, first.next_at) == (State.UNKNOWN, 5030.0)
    assert next_step(first, OLD, 5030.0).state is State.NOT_APPLIED


def test_a_sender_that_is_gone() -> None:
    assert interrupted(PREPARED, 5.0).words is Told.NOT_REACHED
    assert interrupted(SENT, 5.0).state is State.UNKNOWN
    assert interrupted(UNKNOWN, 5.0) == UNKNOWN


def test_a_clock_that_went_back_measures_anew() -> None:
    late = replace(UNKNOWN, sent_at=86_400.0, first_old_at=86_401.0)

    anew = measured_anew(late, 100.0)

    assert (anew.sent_at, anew.first_old_at) == (100.0, None)
    assert measured_anew(UNKNOWN, 100.0) == UNKNOWN


@given(
    st.lists(st.tuples(st.floats(0, 2e5), st.sampled_from([OLD, NEW, THIRD, None, "[email protected]"])), max_size=40),
    st.sampled_from(list(Answer)),
    st.sampled_from(list(Answer)),
)  # fmt: skip
def test_whatever_is_read_the_words_stay_within_what_is_known(
    reads: list[tuple[float, str | None]], first: Answer, second: Answer
) -> None:
    change = after_send(SENT, Sent(first), 0.0)
    copies = 1
    for now, read in sorted(reads, key=lambda each: each[0]):
        if change.state not in OPEN - {State.PREPARED, State.SENT}:
            break
        before, change = change, next_step(change, read, now)
        if change.state is State.SENT:
            copies += 1
            change = after_send(change, Sent(second), now)
        assert change.words is not Told.UPDATED or read == NEW
        assert change.words is not Told.NOT_DONE or (read == OLD and not before.duplicate and now >= PACE.decide)

    assert copies <= 2


@pytest.mark.parametrize(
    ("field", "read", "expected"),
    [
        ("email", "new@X.COM", Reading.NEW),
        ("email", " NEW@x.com ", Reading.NEW),
        ("email", "n**@x.com", Reading.NEW),
        ("email", "o**@x.com", Reading.OLD),
        ("email", "***@x.com", Reading.UNCLEAR),
        ("email", "z**@x.com", Reading.OTHER),
        ("email", "[email protected]", Reading.UNCLEAR),
        ("email", "", Reading.OTHER),
        ("email", None, Reading.UNCLEAR),
    ],
)
def test_an_email_is_compared_as_the_bank_may_show_it(field: str, read: str | None, expected: Reading) -> None:
    assert compare(field, OLD, NEW, read) is expected


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        ("919820012345", Reading.NEW),
        ("+91-98200 12345", Reading.NEW),
        ("09820012345", Reading.NEW),
        ("XXXXXX2345", Reading.NEW),
        ("91******9999", Reading.OLD),
        ("9111111111", Reading.OTHER),
    ],
)
def test_a_mobile_is_compared_without_its_prefix(read: str, expected: Reading) -> None:
    assert compare("mobile", "9820099999", "9820012345", read) is expected


def test_a_number_that_begins_with_91_keeps_it() -> None:
    assert not is_same("mobile", "9198200123", "98200123")
    assert is_same("mobile", "9198200123", "+919198200123")


def test_an_address_that_was_empty_before_is_known_as_such() -> None:
    assert compare("email", "", NEW, "") is Reading.OLD


def test_no_value_shows_in_a_change() -> None:
    for value in (OLD, NEW, "U1", "{}"):
        assert value not in repr(PREPARED)
