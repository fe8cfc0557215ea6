"""The limits on guessing, through the doors that an action uses, on both databases."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import date

import pytest

from actions.guard.keys import Keys
from actions.guard.lockout import Admission, Lockout, TryState
from actions.guard.lockout_policy import DAY, HOUR, MINUTE, Alert, Limits, Reason
from actions.guard.schema import attempts, lockout_trust
from actions.guard.storage import Storage, StorageUnavailable

from .conftest import Clock

BORN = date(1993, 7, 11)


class Door:
    """A lockout with short calls; every try is a new message."""

    def __init__(self, storage: Storage, keys: Keys, clock: Clock, limits: Limits | None = None) -> None:
        self.alerts: Counter[Alert] = Counter()
        self.clock = clock
        self.lockout = Lockout(storage, keys, clock, limits=limits, alert=lambda kind, _: self.alerts.update([kind]))
        self.messages = 0

    def knock(
        self, identity: str = "ann", last_four: str = "8305", expiry: str = "0827", dob: date = BORN,
        *, talk: str | None = None, message: str | None = None, possession: bool = False, code: bool = False, address: str | None = None,
    ) -> Admission:  # fmt: skip
        self.messages += 1
        return self.lockout.admit(
            talk or f"web:{identity}", identity, message or f"m{self.messages}", last_four, expiry, dob,
            possession=possession, code=code, address=address,
        )  # fmt: skip

    def fail(self, identity: str = "ann", last_four: str = "8305", **more: object) -> Admission:
        admission = self.knock(identity, last_four, **more)  # type: ignore[arg-type]
        if admission.attempt is not None and admission.allowed:
            self.lockout.failed(admission.attempt)
        return admission

    def succeed(self, identity: str = "ann", last_four: str = "8305", urn: str = "U1", **more: object) -> Admission:
        admission = self.knock(identity, last_four, **more)  # type: ignore[arg-type]
        assert admission.attempt is not None, admission
        assert admission.allowed, admission
        self.lockout.succeeded(admission.attempt, urn)
        return admission


@pytest.fixture
def door(storage: Storage, keys: Keys, clock: Clock) -> Door:
    return Door(storage, keys, clock)


def test_three_failures_close_the_conversation_for_fifteen_minutes(door: Door, clock: Clock) -> None:
    assert [door.fail().allowed for _ in range(4)] == [True, True, True, False]

    refused = door.fail()

    assert refused.blocked_until == clock.now + 15 * MINUTE
    assert refused.reason is Reason.CONVERSATION
    clock.tick(15 * MINUTE - 1)
    assert not door.fail().allowed
    clock.tick(1)
    assert door.fail().allowed


def test_the_wait_doubles_up_to_a_day(storage: Storage, keys: Keys, clock: Clock) -> None:
    door = Door(storage, keys, clock)
    waits = []
    for round_ in range(9):
        for guess in range(3):  # a fresh identity for each, so that only the conversation counts
            assert door.fail(f"i{round_}-{guess}", f"{round_}{guess}00", dob=date(1950 + round_, 1, 1), talk="web:x").allowed
        until = door.lockout.blocked_until("web:x", "somebody")
        assert until is not None
        waits.append((until - clock.now) / MINUTE)
        clock.now = until

    assert waits == [15, 30, 60, 120, 240, 480, 960, 1440, 1440]


def test_an_identity_has_five_failures_a_day_and_ten_a_month(door: Door, clock: Clock) -> None:
    start = clock.now
    admitted: list[float] = []
    refused: Admission | None = None
    while clock.now < start + 31 * DAY:
        admission = door.fail()
        if admission.allowed:
            admitted.append(clock.now - start)
        else:
            refused = refused or (admission if admission.reason is Reason.MONTH else None)
            assert admission.blocked_until is not None
            clock.now = admission.blocked_until

    assert [at // MINUTE for at in admitted[:6]] == [0, 0, 0, 15, 15, 15 + 24 * 60]
    assert len([at for at in admitted if at < 30 * DAY]) == 10
    assert refused is not None
    assert refused.blocked_until == start + 30 * DAY


def test_the_fourth_different_card_of_a_day_closes_for_a_day_and_alerts(door: Door, clock: Clock) -> None:
    for number in ("1001", "1002", "1003"):
        assert door.fail(last_four=number).allowed
    clock.tick(HOUR)

    fourth = door.fail(last_four="1004")

    assert (fourth.allowed, fourth.reason) == (False, Reason.CARDS)
    assert door.alerts == {Alert.IDENTITY_SWEEPS_CARDS: 1}
    clock.tick(DAY - 1)
    assert not door.fail(last_four="1001").allowed
    clock.tick(1)
    assert door.fail(last_four="1001").allowed


def test_success_clears_the_conversation_but_not_the_identity(door: Door, clock: Clock) -> None:
    door.fail()
    door.fail()
    door.succeed()
    door.fail()
    door.fail()
    assert door.lockout.blocked_until("web:ann", "ann") is None

    door.fail()

    assert door.lockout.blocked_until("web:ann", "ann") == clock.now + DAY


def test_successes_are_not_counted_as_failures(door: Door, clock: Clock) -> None:
    for _ in range(30):
        door.succeed()
        clock.tick(HOUR)


def test_a_pair_swept_with_five_cards_needs_possession_for_a_day(door: Door, clock: Clock) -> None:
    admitted = sum(door.fail(f"bot{n}", f"{n:04}").allowed for n in range(40))

    assert admitted == 5
    assert door.alerts[Alert.CARDS_SWEPT_FOR_PAIR] == 1
    refused = door.fail("ann")
    assert (refused.allowed, refused.step_up, refused.reason) == (False, True, Reason.PAIR)
    assert refused.blocked_until == clock.now + DAY
    possessed = door.fail("bea", possession=True)
    assert (possessed.allowed, possessed.step_up) == (True, True)
    clock.tick(DAY + 1)
    assert door.fail("ann").allowed


def test_a_date_of_birth_swept_with_twenty_cards_needs_possession(door: Door) -> None:
    admitted = sum(door.fail(f"bot{n}", f"{n:04}", expiry=f"{n % 12 + 1:02}2{n % 10}").allowed for n in range(30))

    assert admitted == 20
    assert door.fail("ann").reason is Reason.PERSON


def test_a_card_that_others_hammer_is_closed_to_strangers_only(door: Door, clock: Clock) -> None:
    door.succeed("victim", "8305")
    for n in range(15):
        door.fail(f"bot{n}", "8305", dob=date(1960, 1, 1 + n % 28), expiry="0130")
        clock.tick(1)

    stranger = door.knock("stranger", "8305", dob=date(1970, 1, 1))
    first_time_owner = door.knock("wa-owner", "8305", dob=date(1971, 1, 1), possession=True)
    victim = door.knock("victim", "8305")

    assert (stranger.allowed, stranger.step_up, stranger.reason) == (False, True, Reason.CARD)
    assert stranger.blocked_until is not None
    assert (first_time_owner.allowed, first_time_owner.step_up) == (True, True)
    assert (victim.allowed, victim.step_up) == (True, False)


def test_a_hammered_card_lets_ten_strangers_an_hour_and_thirty_a_day_through(door: Door, clock: Clock) -> None:
    times = []
    for n in range(16):
        for again in range(6):
            if door.fail(f"bot{n}-{again}", "8305", dob=date(1950 + n, 1 + again, 1)).allowed:
                times.append(clock.now)
        clock.tick(HOUR / 2 if n < 8 else 2.5 * HOUR)

    assert len([at for at in times if at < times[0] + HOUR]) == 10
    assert len([at for at in times if at < times[0] + DAY]) == 30


def test_a_sweep_of_the_victims_pair_does_not_lock_the_trusted_victim_out(door: Door) -> None:
    door.succeed("victim", "8305")

    for n in range(10):
        door.fail(f"bot{n}", f"{n:04}")

    assert door.knock("victim", "8305").allowed


def test_trust_in_one_card_opens_no_other_card(door: Door) -> None:
    door.succeed("crook", "1111", dob=date(1980, 1, 1))
    for n in range(10):
        door.fail(f"bot{n}", f"{n:04}")

    assert not door.knock("crook", "2222").allowed
    assert not door.knock("crook", "1111").allowed


def test_trust_ends_after_180_days_and_with_a_new_mobile(door: Door, clock: Clock, storage: Storage) -> None:
    door.succeed("ann", "8305", urn="U1")
    door.succeed("bea", "9000", urn="U2", dob=date(1950, 5, 5))
    with storage.begin() as conn:
        door.lockout.distrust_in(conn, "U2")
    for n in range(10):
        door.fail(f"a{n}", "8305", dob=date(1970, 1, 1 + n))
        door.fail(f"b{n}", "9000", dob=date(1971, 1, 1 + n))

    assert door.knock("ann", "8305").allowed
    assert not door.knock("bea", "9000", dob=date(1950, 5, 5)).allowed

    clock.tick(180 * DAY + 1)
    for n in range(10):
        door.fail(f"c{n}", "8305", dob=date(1972, 1, 1 + n))
    assert not door.knock("ann", "8305").allowed


def test_a_neighbourhood_on_the_web_is_asked_for_more_after_twenty(door: Door, clock: Clock) -> None:
    for n in range(20):
        address = f"203.0.113.{n}" if n % 2 else f"::ffff:203.0.113.{n}"
        assert door.fail(f"bot{n}", f"{n:04}", dob=date(1950 + n, 1, 1), address=address).allowed

    near = door.knock("ann", address="203.0.113.250")

    assert (near.allowed, near.step_up, near.reason) == (False, True, Reason.ADDRESS)
    assert door.knock("ann", address="203.0.114.1").allowed
    assert door.knock("bea", "9", dob=date(1999, 1, 1), address="203.0.113.250", possession=True).allowed


def test_ipv6_neighbours_share_56_bits(door: Door) -> None:
    for n in range(20):
        door.fail(f"bot{n}", f"{n:04}", dob=date(1950 + n, 1, 1), address=f"2001:db8:0:{n:x}::1")

    assert not door.knock("ann", address="2001:db8:0:ff::9").allowed
    assert door.knock("ann", address="2001:db8:0:100::9").allowed


def test_a_flood_everywhere_leaves_only_trust_and_possession(door: Door, clock: Clock) -> None:
    door.succeed("victim", "8305")
    admitted = 0
    for n in range(60):
        admitted += door.fail(f"bot{n}", f"{n:04}", dob=date(1930 + n // 4, 1 + n % 12, 1)).allowed
        clock.tick(1)

    assert admitted == 51
    assert door.alerts[Alert.GUARDED_MODE] == 1
    assert door.knock("new", "4711", dob=date(2001, 1, 1)).reason is Reason.GUARDED
    assert door.knock("victim", "8305").allowed
    assert door.knock("wa", "4712", dob=date(2001, 1, 2), possession=True).allowed
    clock.tick(HOUR + 1)
    assert door.knock("new", "4711", dob=date(2001, 1, 1)).allowed


def test_a_code_opens_what_a_crowd_closed_and_nothing_that_is_swept(door: Door, clock: Clock) -> None:
    for n in range(10):
        door.fail(f"crowd{n}", "8305", dob=date(1960, 1, 1 + n), expiry="0130")
    for n in range(5):
        door.fail(f"sweep{n}", f"{n:04}", dob=date(1980, 5, 5), expiry="0327")

    crowded = door.knock("ann", "8305", dob=date(1970, 1, 1), code=True)
    swept = door.knock("bea", "9999", dob=date(1980, 5, 5), expiry="0327", code=True)

    assert (crowded.allowed, crowded.step_up) == (True, True)
    assert (swept.allowed, swept.step_up, swept.reason) == (False, True, Reason.PAIR)


def test_after_a_thousand_failures_of_others_the_trusted_and_the_matched_get_in_at_once(
    door: Door, storage: Storage, keys: Keys, clock: Clock
) -> None:
    door.succeed("victim", "8305")
    [seen] = seen_by(storage)
    with storage.begin() as conn:
        failed = {**seen, "state": "failed", "at": clock.now}
        own = ("conversation", "identity", "message", "pair", "person", "details")
        conn.execute(attempts.insert(), [{**failed, **{name: f"{name}{n}" for name in own}} for n in range(1000)])
    clock.tick(1)

    assert not door.knock("stranger", "8305").allowed
    assert door.knock("victim", "8305").allowed
    first_time = door.succeed("owner", "8305", possession=True)
    assert first_time.step_up


def seen_by(storage: Storage) -> list[dict[str, object]]:
    """What the tries so far were counted under."""
    with storage.read() as conn:
        rows = conn.execute(attempts.select()).mappings().all()
    return [{name: value for name, value in row.items() if name not in ("id", "settled_at")} for row in rows]


def test_a_step_up_counts_apart_from_the_details_of_its_message(door: Door) -> None:
    door.succeed("ann", "8305", message="same")

    first = door.lockout.admit_step_up("web:ann", "ann", "same", "U1")
    again = door.lockout.admit_step_up("web:ann", "ann", "same", "U1")

    assert first.allowed
    assert (again.repeated, again.attempt) == (True, first.attempt)


def test_three_failed_step_ups_close_the_conversation(door: Door) -> None:
    for n in range(3):
        admission = door.lockout.admit_step_up("web:ann", "ann", f"step{n}", "U1")
        assert admission.attempt is not None
        door.lockout.failed(admission.attempt)

    assert not door.lockout.admit_step_up("web:ann", "ann", "step4", "U1").allowed
    assert not door.knock("ann").allowed


def test_as_many_failures_as_every_day_are_no_flood(storage: Storage, keys: Keys, clock: Clock) -> None:
    door = Door(storage, keys, clock, Limits(guarded_failures=2))
    for day in range(7):
        for n in range(4):
            admission = door.fail(f"d{day}-{n}", f"{n:04}", dob=date(1940 + day, 1 + n, 1))
            assert admission.allowed is (n < 3 or day >= 4)
        clock.tick(DAY)


def test_after_its_ceiling_of_failures_an_account_opens_to_trust_and_possession_only(
    storage: Storage, keys: Keys, clock: Clock
) -> None:
    door = Door(storage, keys, clock, Limits(account_failures=20))
    door.succeed("victim", "8305")
    for n in range(20):
        assert door.fail(f"bot{n}", "8305", expiry=f"{n % 12 + 1:02}30").allowed
        clock.tick(HOUR)

    clock.tick(2 * DAY)

    assert door.knock("stranger", "8305").reason is Reason.ACCOUNT
    assert door.knock("wa", "8305", possession=True).step_up
    door.succeed("victim", "8305")
    assert door.knock("stranger", "8305").allowed


def test_a_mismatch_of_possession_counts_for_the_account_that_the_bank_named(
    storage: Storage, keys: Keys, clock: Clock
) -> None:
    door = Door(storage, keys, clock, Limits(account_failures=1))
    door.succeed("victim", "8305", urn="U1")
    wrong = door.knock("thief", "9999", dob=date(1980, 1, 1))
    assert wrong.attempt is not None

    door.lockout.failed(wrong.attempt, urn="U1")

    assert door.knock("stranger", "8305").reason is Reason.ACCOUNT


def test_a_message_that_comes_again_is_the_same_try(door: Door) -> None:
    first = door.knock(message="m")
    again = door.knock(message="m")
    assert first.attempt is not None
    door.lockout.failed(first.attempt)
    later = door.knock(message="m")

    assert (again.allowed, again.repeated, again.attempt, again.state) == (False, True, first.attempt, TryState.PENDING)
    assert later.state is TryState.FAILED
    assert sum(door.knock().allowed for _ in range(5)) == 2


def test_the_same_message_id_in_another_conversation_is_another_try(door: Door) -> None:
    assert door.knock("ann", message="1").allowed
    assert not door.knock("bea", message="1").repeated


def test_a_try_without_an_answer_counts(door: Door, clock: Clock) -> None:
    for _ in range(3):
        door.knock()

    assert door.lockout.blocked_until("web:ann", "ann") == clock.now + 15 * MINUTE


def test_three_refunds_a_day_and_none_after_an_outcome(door: Door, clock: Clock) -> None:
    given = []
    for _ in range(5):
        admission = door.knock()
        assert admission.attempt is not None
        given.append(door.lockout.refund(admission.attempt))
        given.append(door.lockout.refund(admission.attempt))

    assert given == [True, False] * 3 + [False, False] * 2
    assert door.knock().allowed
    assert not door.knock().allowed
    clock.tick(DAY)
    last = door.knock()
    assert last.attempt is not None
    door.lockout.failed(last.attempt)
    assert not door.lockout.refund(last.attempt)
    fresh = door.knock()
    assert fresh.attempt is not None
    assert door.lockout.refund(fresh.attempt)


def test_a_failure_says_until_when_it_is_closed(door: Door, clock: Clock) -> None:
    answers = []
    for _ in range(3):
        admission = door.knock()
        assert admission.attempt is not None
        answers.append(door.lockout.failed(admission.attempt))

    assert answers == [None, None, clock.now + 15 * MINUTE]


def test_urn_and_mobile_count_on_conversation_identity_urn_and_mobile(door: Door, clock: Clock) -> None:
    def knock(identity: str, urn: str, mobile: str, message: str) -> Admission:
        return door.lockout.admit_contact(f"web:{identity}", identity, message, urn, mobile)

    assert [knock("ann", "U1", "9000000001", f"a{n}").allowed for n in range(4)] == [True, True, True, False]
    assert not door.knock("ann").allowed
    for n in range(7):
        assert knock(f"bot{n}", "U1", f"91{n}", "x").allowed
    assert knock("bea", "U1", "8888", "x").reason is Reason.CARD
    for n in range(5):
        assert knock(f"sweep{n}", f"U9{n}", "7777", "x").allowed
    swept = knock("cleo", "U77", "7777", "x")
    assert (swept.step_up, swept.reason) == (True, Reason.PAIR)


def test_success_by_either_form_is_trusted_by_urn(door: Door) -> None:
    door.succeed("ann", "8305", urn="U1")
    for n in range(10):
        door.lockout.admit_contact(f"web:bot{n}", f"bot{n}", "x", "U1", f"91{n}")

    assert not door.lockout.admit_contact("web:bea", "bea", "x", "U1", "9000000001").allowed
    assert door.lockout.admit_contact("web:ann", "ann", "x", "U1", "9000000001").allowed


def test_a_refund_by_urn_touches_no_other_account(storage: Storage, keys: Keys, clock: Clock) -> None:
    door = Door(storage, keys, clock, Limits(account_failures=1))
    first = door.lockout.admit_contact("web:ann", "ann", "1", "U1", "9000000001")
    assert first.attempt is not None
    door.lockout.succeeded(first.attempt, "U1")
    guess = door.lockout.admit_contact("web:bea", "bea", "1", "U1", "5")
    assert guess.attempt is not None

    assert door.lockout.admit_contact("web:cleo", "cleo", "1", "U1", "6").reason is Reason.ACCOUNT
    door.lockout.refund(guess.attempt)

    assert door.lockout.admit_contact("web:cleo", "cleo", "2", "U1", "6").allowed


def test_a_success_after_failures_from_a_new_identity_alerts(door: Door) -> None:
    door.fail("new")
    door.fail("new")
    door.succeed("new")
    door.fail("old-friend")
    door.succeed("old-friend", "9000", urn="U2", dob=date(1950, 1, 1))

    assert door.alerts == {Alert.SUCCESS_AFTER_FAILURES: 1}


def test_impossible_details_may_be_typed_five_times(door: Door, clock: Clock) -> None:
    asked = [door.lockout.misread("web:ann", "ann", f"m{n}") for n in (0, 0, 1, 2, 3, 4, 5, 6)]

    assert asked == [True] * 6 + [False] * 2
    assert door.knock().allowed
    clock.tick(15 * MINUTE)
    assert door.lockout.misread("web:ann", "ann", "later")


@pytest.mark.parametrize("jump", [DAY, -DAY])
def test_a_jump_of_the_clock_opens_once_at_most_and_never_early(door: Door, clock: Clock, jump: float) -> None:
    start = clock.now
    admitted = []
    for hour in range(24 * 9):
        clock.now = start + hour * HOUR + (jump if 30 <= hour < 60 else 0.0)
        while door.lockout.blocked_until("web:ann", "ann") is None and door.fail().allowed:
            admitted.append(clock.now)

    for at in admitted:
        assert len([other for other in admitted if at - DAY < other <= at]) <= 5
    assert len(admitted) == 10


def test_a_clock_that_went_back_opens_nothing(door: Door, clock: Clock) -> None:
    for _ in range(3):
        door.fail()

    clock.tick(-DAY)
    assert not door.fail().allowed
    clock.tick(DAY + 15 * MINUTE)
    assert door.fail().allowed


def admitted_at_once(knock: Callable[[int], Admission], threads: int = 50) -> int:
    """How many knocks of the same moment are admitted; a database that is too busy admits nobody."""
    admitted: list[bool] = []
    gate = threading.Barrier(threads)

    def run(n: int) -> None:
        gate.wait()
        with suppress(StorageUnavailable):
            admitted.append(knock(n).allowed)

    running = [threading.Thread(target=run, args=(n,)) for n in range(threads)]
    for each in running:
        each.start()
    for each in running:
        each.join()
    return sum(admitted)


def test_fifty_messages_at_once_are_three_tries(door: Door) -> None:
    assert admitted_at_once(lambda n: door.knock(message=f"t{n}")) == 3


def test_fifty_identities_at_once_get_five_cards_of_one_pair(door: Door) -> None:
    assert admitted_at_once(lambda n: door.knock(f"bot{n}", f"{n:04}")) == 5


def test_two_processes_share_the_limits(database_url: str, storage: Storage) -> None:
    program = """
import sys
from datetime import date
from actions.guard.keys import Keys
from actions.guard.lockout import Lockout
from actions.guard.storage import Storage, StorageUnavailable
from actions.settings import Secret
lockout = Lockout(Storage(sys.argv[1]), Keys([Secret("a master secret that only tests know 1")]), lambda: 1.8e9)
tries = (lockout.admit("web:a", "ann", f"{sys.argv[2]}-{n}", "8305", "0827", date(1993, 7, 11)) for n in range(20))
print(sum(each.allowed for each in tries))
"""
    runs = [
        subprocess.Popen([sys.executable, "-c", program, database_url, name], stdout=subprocess.PIPE, text=True)
        for name in ("one", "two")
    ]
    counts = [int(run.communicate(timeout=60)[0]) for run in runs]

    assert sum(counts) == 3


GUESSER = """
import sys
from datetime import date
from actions.guard.keys import Keys
from actions.guard.lockout import Lockout
from actions.guard.storage import Storage
from actions.settings import Secret
clock = [0.0]
lockout = Lockout(Storage(sys.argv[1]), Keys([Secret("a master secret that only tests know 1")]), lambda: clock[0])
for line in sys.stdin:
    clock[0] = 1.8e9 + 3600 * float(line)
    tries = [lockout.admit("web:a", "ann", f"{sys.argv[2]}-{line}-{n}", "8305", "0827", date(1993, 7, 11)) for n in range(4)]
    print(sum(each.allowed for each in tries), flush=True)
"""


def test_two_processes_whose_clocks_jump_a_day_open_the_limits_once_and_when_they_should(
    database_url: str, storage: Storage
) -> None:
    both = [
        subprocess.Popen(
            [sys.executable, "-c", GUESSER, database_url, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        for name in ("one", "two")
    ]

    def admitted(*hours: float) -> int:
        """At the same moment, which is this hour by the one clock and that hour by the other."""
        for process, hour in zip(both, hours, strict=True):
            assert process.stdin is not None
            process.stdin.write(f"{hour}\n")
        return sum(int(process.stdout.readline()) for process in both if process.stdout is not None)

    first_day = [admitted(0, 0), admitted(1, 1), admitted(2, -22), admitted(23.9, -0.1)]
    one_is_ahead = [admitted(25.1, 2), admitted(26.2, 3), admitted(27.5, 4), admitted(28, 5)]
    back_together = [admitted(hour, hour) for hour in (6, 24.9, 25.2, 49, 52, 99)]
    a_month_later = admitted(30 * 24 + 48, 30 * 24 + 48)
    for process in both:
        process.communicate(timeout=60)

    assert first_day == [3, 2, 0, 0]
    assert one_is_ahead == [1, 3, 1, 0]  # five, at the pace that the waits allow
    assert back_together == [0] * 6  # ten a month: the day that one clock was ahead has been used
    assert a_month_later == 3


def test_the_database_holds_no_detail(door: Door, storage: Storage) -> None:
    door.succeed("ann-from-the-web", "8305", urn="URN4711")
    with storage.read() as conn:
        rows = repr([tuple(row) for table in (attempts, lockout_trust) for row in conn.execute(table.select())])

    for value in ("8305", "0827", "1993", "URN4711", "ann-from-the-web"):
        assert f"'{value}" not in rows


def test_old_tries_and_trust_are_deleted(door: Door, clock: Clock, storage: Storage) -> None:
    door.succeed("ann")
    clock.tick(31 * DAY)
    door.fail("bea", "1000")

    assert door.lockout.purge() == 1
    clock.tick(150 * DAY)
    assert door.lockout.purge() == 1
    with storage.read() as conn:
        assert conn.execute(lockout_trust.select()).first() is None
