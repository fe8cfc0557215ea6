"""Answers to platforms: in order, again until they are accepted, by one sender at a time, and forgotten then."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select

from actions.guard.keys import Keys
from actions.guard.recipients import Recipient, Recipients
from actions.guard.schema import outbox
from actions.guard.storage import Storage
from actions.settings import Secret
from bot.gateway.conversations import Conversations
from bot.gateway.delivery import (
    CLAIM_SECONDS,
    Accepted,
    Delivery,
    Envelope,
    GiveUp,
    Outcome,
    OutsideWindow,
    TryAgain,
)
from bot.gateway.outbox import FIRST, LAST, MOST_TRIES, NEVER, REPORT_SECONDS, Answer, Outbox
from bot.gateway.receipts import Receipts
from bot.gateway.tags import Tag

TALK = "telegram:" + "0" * 32
REF = "r" * 22


@dataclass
class Clock:
    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Platform:
    """Answers with what it was told to, then accepts; each word of an answer is a part of its own."""

    name: str = "telegram"
    window: float | None = None
    hint: dict[str, str] | None = None
    reports: bool = False
    answers: list[Outcome | Exception] = field(default_factory=list)
    got: list[tuple[str, str]] = field(default_factory=list)

    def parts(self, answer: Answer, language: str) -> Sequence[dict[str, str]]:
        return [{"text": word} for word in answer.filled().split()]

    def send(self, envelope: Envelope) -> Outcome:
        self.got.append((envelope.recipient.to, envelope.part["text"]))
        told = self.answers.pop(0) if self.answers else Accepted(f"id-{len(self.got)}")
        if isinstance(told, Exception):
            raise told
        return told

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.got]


@dataclass
class Post:
    """A database with answers to deliver."""

    storage: Storage
    keys: Keys
    clock: Clock
    platform: Platform

    def __post_init__(self) -> None:
        self.outbox = Outbox(self.keys.sealer("outbox"), self.clock)
        self.conversations = Conversations(self.clock)
        self.recipients = Recipients(self.keys)
        self._position = 0

    def sender(self) -> Delivery:
        """As another process has one."""
        delivery = Delivery(
            self.storage, self.outbox, self.conversations, self.recipients, self.clock, lambda: 0.5
        )
        delivery.add(self.platform)
        return delivery

    def hear(self, talk: str = TALK) -> None:
        with self.storage.begin() as conn:
            self.conversations.begin_in(conn, talk, talk.split(":")[0], "somebody")
            self.recipients.keep_in(conn, talk, Recipient("555"))
            self.outbox.wanted_in(conn, talk)

    def say(self, text: str, values: dict[str, str] | None = None, talk: str = TALK) -> None:
        self._position += 1
        with self.storage.begin() as conn:
            self.outbox.add_in(conn, talk, self._position, Answer(text, values or {}))

    def states(self) -> list[str]:
        with self.storage.read() as conn:
            return list(conn.execute(select(outbox.c.state).order_by(outbox.c.position)).scalars())


@pytest.fixture
def post(storage: Storage) -> Post:
    post = Post(storage, Keys([Secret("m" * 32)]), Clock(), Platform())
    post.hear()
    return post


def test_answers_go_out_in_order_with_their_values_which_are_then_forgotten(post: Post) -> None:
    post.say("One")
    post.say(f"{FIRST}{REF}{LAST}", {REF: "₹5.00"})

    post.sender().work_off(TALK)

    assert post.platform.got == [("555", "One"), ("555", "₹5.00")]
    with post.storage.read() as conn:
        rows = conn.execute(select(outbox.c.state, outbox.c.sealed, outbox.c.provider_id)).all()
    assert [tuple(row) for row in rows] == [("sent", b"", "id-1"), ("sent", b"", "id-2")]


def test_a_later_answer_waits_behind_one_that_was_not_accepted(post: Post) -> None:
    post.platform.answers = [TryAgain("away", 30.0)]
    post.say("One")
    post.say("Two")
    sender = post.sender()

    sender.work_off(TALK)
    post.clock.now += 29
    sender.work_off(TALK)
    before = list(post.platform.texts)
    post.clock.now += 1
    sender.work_off(TALK)

    assert before == ["One"]
    assert post.platform.texts == ["One", "One", "Two"]


def test_pauses_double_up_to_five_minutes_and_end_after_about_a_day(post: Post) -> None:
    post.platform.answers = [TryAgain("away")] * MOST_TRIES
    post.say("One")
    post.say("Two")
    sender, began, tries = post.sender(), post.clock.now, []

    while post.states()[0] == "waiting":
        tries.append(post.clock.now - began)
        sender.work_off(TALK)
        with post.storage.read() as conn:
            due = conn.execute(select(outbox.c.next_try).order_by(outbox.c.position)).scalars().first()
        post.clock.now = max(post.clock.now, due or 0.0)

    assert tries[:5] == [0.0, 1.0, 3.0, 7.0, 15.0]
    assert 20 * 3600 < tries[-1] < 28 * 3600
    assert post.states() == ["failed", "sent"]


def test_one_that_the_platform_will_never_take_lets_the_next_pass(post: Post) -> None:
    post.platform.answers = [GiveUp("blocked")]
    post.say("One")
    post.say("Two")

    post.sender().work_off(TALK)

    assert post.platform.texts == ["One", "Two"]
    assert post.states() == ["failed", "sent"]


def test_outside_the_window_answers_wait_until_the_cardholder_writes_even_for_days(post: Post) -> None:
    post.platform.window = 24 * 3600.0
    post.clock.now += 25 * 3600
    post.say("News")
    sender = post.sender()

    sender.work_off(TALK)
    post.clock.now += 2 * 24 * 3600
    with post.storage.begin() as conn:
        post.outbox.forget_in(conn, sent_before=post.clock.now - 5, made_before=post.clock.now - 900)
    sender.work_off(TALK)
    nothing = list(post.platform.texts)
    post.hear()
    sender.work_off(TALK)

    assert nothing == []
    assert post.platform.texts == ["News"]


def test_a_window_that_the_platform_closed_itself_waits_too(post: Post) -> None:
    post.platform.answers = [OutsideWindow()]
    post.say("News")
    sender = post.sender()

    sender.work_off(TALK)
    post.clock.now += 3600
    sender.work_off(TALK)
    post.hear()
    sender.work_off(TALK)

    assert post.platform.texts == ["News", "News"]


def test_outside_the_window_one_hint_tells_of_all_that_waits(post: Post) -> None:
    post.platform.window, post.platform.hint = 24 * 3600.0, {"text": "There is news"}
    post.clock.now += 25 * 3600
    post.say("One")
    post.say("Two")
    sender = post.sender()

    for _ in range(3):
        sender.work_off(TALK)
        post.clock.now += 3600
    hinted = list(post.platform.texts)
    post.hear()
    sender.work_off(TALK)

    assert hinted == ["There is news"]
    assert post.platform.texts == ["There is news", "One", "Two"]


def test_a_hint_that_is_not_taken_now_is_tried_again_and_one_that_never_is_leaves_the_answer_waiting(post: Post) -> None:
    post.platform.window, post.platform.hint = 24 * 3600.0, {"text": "There is news"}
    post.platform.answers = [TryAgain("away", 60.0), GiveUp("the template is paused")]
    post.clock.now += 25 * 3600
    post.say("One")
    sender = post.sender()

    for _ in range(4):
        sender.work_off(TALK)
        post.clock.now += 60
    hints = len(post.platform.got)
    post.hear()
    sender.work_off(TALK)

    assert hints == 2
    assert post.platform.texts[2:] == ["One"]


def test_an_answer_is_not_left_waiting_for_somebody_who_writes_at_that_very_moment(post: Post) -> None:
    class Closing(Platform):
        def send(self, envelope: Envelope) -> Outcome:
            if not self.got:
                post.clock.now += 0.1
                post.hear()
            return super().send(envelope)

    post.platform = Closing(answers=[OutsideWindow()])
    post.say("News")
    sender = post.sender()
    sender.add(post.platform)

    sender.work_off(TALK)
    sender.work_off(TALK)

    assert post.platform.texts == ["News", "News"]


def test_what_was_accepted_and_not_delivered_is_sent_again_from_that_part(post: Post) -> None:
    post.platform.reports = True
    post.say(f"One {FIRST}{REF}{LAST}", {REF: "₹5.00"})
    sender = post.sender()
    sender.work_off(TALK)

    with post.storage.begin() as conn:
        again = post.outbox.undelivered_in(conn, Tag(TALK, 1, 1, 2), "id-2", post.clock.now)
        unknown = post.outbox.undelivered_in(conn, Tag(TALK, 1, 0, 2), "id-9", post.clock.now)
    sender.work_off(TALK)

    assert (again, unknown) == (True, False)
    assert post.platform.texts == ["One", "₹5.00", "₹5.00"]


def test_a_failure_that_is_reported_before_its_acceptance_is_recorded_is_not_forgotten_over_it(post: Post) -> None:
    class Hasty(Platform):
        def send(self, envelope: Envelope) -> Outcome:
            accepted = super().send(envelope)
            if len(self.got) == 1 and envelope.tag:
                with post.storage.begin() as conn:
                    assert post.outbox.undelivered_in(conn, envelope.tag, "id-1", post.clock.now + 30)
            return accepted

    post.platform = Hasty(reports=True)
    post.say("One")
    sender = post.sender()

    sender.work_off(TALK)
    post.clock.now += 30
    sender.work_off(TALK)

    assert post.platform.texts == ["One", "One"]
    assert post.states() == ["sent"]


def test_what_was_delivered_is_forgotten_and_so_is_what_nobody_reports_about(post: Post) -> None:
    post.platform.reports = True
    post.say("One")
    post.say("Two")
    post.sender().work_off(TALK)

    with post.storage.begin() as conn:
        post.outbox.delivered_in(conn, Tag(TALK, 1, 0, 1))
        kept = [row.sealed != b"" for row in conn.execute(select(outbox.c.sealed).order_by(outbox.c.position))]
        for seconds in (REPORT_SECONDS, 1):
            post.outbox.forget_in(conn, sent_before=post.clock.now - 5, made_before=post.clock.now)
            still = [row.sealed != b"" for row in conn.execute(select(outbox.c.sealed).order_by(outbox.c.position))]
            post.clock.now += seconds
        post.outbox.forget_in(conn, sent_before=post.clock.now - 5, made_before=post.clock.now - 900)
        left = [row.sealed != b"" for row in conn.execute(select(outbox.c.sealed).order_by(outbox.c.position))]
        late = post.outbox.undelivered_in(conn, Tag(TALK, 2, 0, 1), "id-2", NEVER)

    assert (kept, still, left, late) == ([False, True], [False, True], [False, False], False)


@pytest.mark.parametrize("text", ["", "x", f"{TALK}|1|0", f"{TALK}|1|0|1|", f"{TALK}|-1|0|1", "telegram:0|1|0|1", f"{TALK}|1|0|x"])
def test_a_tag_is_read_as_it_was_written_and_nothing_else_is_one(text: str) -> None:
    assert Tag.read(str(Tag(TALK, 12, 0, 3))) == Tag(TALK, 12, 0, 3)
    assert Tag.read(text) is None


def test_after_a_crash_before_the_record_the_answer_is_sent_again_once_the_claim_is_over(post: Post) -> None:
    post.say("One")
    with post.storage.begin() as conn:
        assert post.outbox.claim_in(conn, TALK, CLAIM_SECONDS) is not None  # and here the process dies
    survivor = post.sender()

    survivor.work_off(TALK)
    at_once = list(post.platform.texts)
    post.clock.now += CLAIM_SECONDS
    survivor.work_off(TALK)

    assert at_once == []
    assert post.platform.texts == ["One"]


def test_two_senders_never_send_the_same_answer(post: Post) -> None:
    post.say("One")
    first, second = post.sender(), post.sender()

    class Slow(Platform):
        def send(self, envelope: Envelope) -> Outcome:
            second.work_off(TALK)
            return super().send(envelope)

    post.platform = Slow()
    first.add(post.platform)
    second.add(post.platform)
    first.work_off(TALK)

    assert post.platform.texts == ["One"]


def test_a_long_answer_goes_on_with_the_part_that_was_not_accepted(post: Post) -> None:
    post.platform.answers = [Accepted("a"), TryAgain("away", 1.0)]
    post.say("one two three")
    sender = post.sender()

    sender.work_off(TALK)
    post.clock.now += 1
    sender.work_off(TALK)

    assert post.platform.texts == ["one", "two", "two", "three"]


def test_a_report_about_an_answer_that_nobody_recorded_keeps_it_from_being_sent_twice(post: Post) -> None:
    post.say("One")
    with post.storage.begin() as conn:
        post.outbox.claim_in(conn, TALK, CLAIM_SECONDS)  # sent, and here the process dies

    with post.storage.begin() as conn:
        post.outbox.known_accepted_in(conn, Tag(TALK, 1, 0, 1), "wamid.A")
    post.clock.now += CLAIM_SECONDS
    post.sender().work_off(TALK)

    assert post.platform.texts == []
    assert post.states() == ["sent"]


def test_an_exception_of_a_carrier_is_an_answer_sent_later(post: Post) -> None:
    post.platform.answers = [ValueError("4111 1111 1111 1111")]
    post.say("One")
    sender = post.sender()

    sender.work_off(TALK)
    post.clock.now += 1
    sender.work_off(TALK)

    assert post.platform.texts == ["One", "One"]


def test_answers_on_the_web_are_never_pushed(post: Post) -> None:
    web = "web:" + "0" * 32
    post.hear(web)
    post.say("One", talk=web)

    with post.storage.read() as conn:
        due = post.outbox.due_in(conn, ["telegram", "web"])

    assert due == []


def test_a_conversation_whose_next_answer_is_not_due_is_not_looked_at(post: Post) -> None:
    post.platform.answers = [TryAgain("away", 30.0)]
    post.say("One")
    post.say("Two")

    post.sender().work_off(TALK)
    with post.storage.read() as conn:
        before = post.outbox.due_in(conn, ["telegram"])
    post.clock.now += 30
    with post.storage.read() as conn:
        after = post.outbox.due_in(conn, ["telegram"])

    assert (before, after) == ([], [TALK])


def test_the_running_sender_finds_what_was_left_behind(post: Post) -> None:
    post.say("One")
    sender = post.sender()

    sender.start()
    sender.wake(TALK)
    sender.errands.run(TALK, lambda: None)
    sender.stop()
    post.sender().work_off(TALK)

    assert post.platform.texts == ["One"]


@pytest.mark.parametrize("order", [["sent", "delivered", "read"], ["read", "sent", "delivered", "read"]])
def test_reports_come_in_any_order_and_repeatedly(post: Post, order: list[str]) -> None:
    receipts, moments = Receipts(post.clock), {"sent": 10.0, "delivered": 11.0, "read": 12.0}

    with post.storage.begin() as conn:
        for status in order:
            receipts.note_in(conn, "whatsapp", "wamid.A", status, moments[status])
        report = receipts.of_in(conn, "whatsapp", "wamid.A")

    assert report is not None
    assert (report.sent_at, report.delivered_at, report.read_at, report.failed_at) == (10.0, 11.0, 12.0, None)


@dataclass
class Meeting(Platform):
    """Lets a send wait for another one a little, and notes how many there were at a time."""

    def __post_init__(self) -> None:
        self._here = threading.Barrier(2)
        self.met: list[bool] = []

    def send(self, envelope: Envelope) -> Outcome:
        try:
            self._here.wait(0.5)
            self.met.append(True)
        except threading.BrokenBarrierError:
            self._here.reset()
            self.met.append(False)
        return super().send(envelope)


@pytest.mark.parametrize("reports", [True, False])
def test_where_nothing_is_reported_afterwards_a_kill_finds_one_answer_on_its_way_at_most(post: Post, reports: bool) -> None:
    post.platform = meeting = Meeting(reports=reports)
    talks = [TALK, "telegram:" + "1" * 32]
    for talk in talks:
        post.hear(talk)
        post.say("hello", talk=talk)

    delivery = post.sender()
    for talk in talks:
        delivery.wake(talk)
    until = time.monotonic() + 10
    while len(meeting.texts) < 2:
        assert time.monotonic() < until
        time.sleep(0.01)
    delivery.stop()

    assert meeting.met == [reports, reports]
