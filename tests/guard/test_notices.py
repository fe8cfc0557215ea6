"""Notices: owed from the commit that confirms a change, given once through a courier or by hand, forgotten then."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from actions.guard.audit import Audit
from actions.guard.journal_change import Change, State, Told
from actions.guard.keys import Keys
from actions.guard.notices import Notice, Notices
from actions.guard.schema import notices
from actions.guard.storage import Storage
from actions.notices import NoticeGiver
from actions.words import Words

from .conftest import Clock

WORDS = Words.of_domain(Path(__file__).resolve().parents[2] / "domain.yml", {"lost_card_phone": "1800 000 0001"})


class PretendCourier:
    """The bank's SMS or mail: takes notices, unless it is told not to."""

    def __init__(self) -> None:
        self.carried: list[tuple[str, str, str]] = []
        self.trouble: Exception | None = None
        self.refuses = False

    def give(self, notice: Notice, text: str) -> bool:
        if self.trouble:
            raise self.trouble
        if not self.refuses:
            self.carried.append((notice.field, notice.address, text))
        return not self.refuses


def changed(field: str = "email", old: str = "old@example.com", new: str = "new@example.com", reference: str = "AAAA-BBBB") -> Change:
    return Change(
        op_id=reference, reference=reference, conversation="web:1", field=field, txn="T", urn="1", old=old, new=new, request=b"",
        state=State.CONFIRMED, version=2, sends=1, misses=0, duplicate=False, code="", made_at=0.0, sent_at=0.0, first_old_at=None,
        next_at=None, closed_at=None, waiting_until=0.0, told=Told.NOTHING, ticketed=False,
    )  # fmt: skip


@pytest.fixture
def book(storage: Storage, keys: Keys, clock: Clock) -> Notices:
    return Notices(storage, keys, Audit(storage, keys, clock), clock)


def owe(storage: Storage, book: Notices, change: Change) -> None:
    with storage.begin() as conn:
        book.owe_in(conn, change)


def test_the_former_and_the_new_address_are_owed_a_notice_once(storage: Storage, book: Notices) -> None:
    for _ in range(2):
        owe(storage, book, changed())

    assert [(each.whose, each.address) for each in book.owed()] == [("old", "old@example.com"), ("new", "new@example.com")]


def test_who_had_no_address_is_owed_nothing_there(storage: Storage, book: Notices) -> None:
    owe(storage, book, changed(old=""))

    assert [each.whose for each in book.owed()] == ["new"]


def test_a_change_that_is_rolled_back_owes_nothing(storage: Storage, book: Notices) -> None:
    def owe_and_die() -> None:
        with storage.begin() as conn:
            book.owe_in(conn, changed())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        owe_and_die()

    assert book.owed() == []


def test_no_address_stands_in_the_database_and_none_stays_when_it_was_given(storage: Storage, book: Notices) -> None:
    owe(storage, book, changed())
    with storage.read() as conn:
        sealed = conn.execute(select(notices.c.sealed)).scalars().all()

    for notice in book.owed():
        assert book.given(notice, "ravi")
        assert not book.given(notice, "ravi")

    with storage.read() as conn:
        left = conn.execute(select(notices.c.sealed, notices.c.given_by)).all()
    assert not any(b"example" in each for each in sealed)
    assert [tuple(each) for each in left] == [(b"", "ravi"), (b"", "ravi")]


def test_a_courier_gives_each_notice_once_in_words_without_values(storage: Storage, book: Notices) -> None:
    courier = PretendCourier()
    giver = NoticeGiver(book, WORDS, courier)
    owe(storage, book, changed())
    owe(storage, book, changed("mobile", "919876500001", "919876500002", "CCCC-DDDD"))

    given = [giver.run_due(), giver.run_due()]

    assert given == [4, 0]
    assert [address for _, address, _ in courier.carried] == ["old@example.com", "new@example.com", "919876500001", "919876500002"]
    assert all("was just changed" in text and "1800 000 0001" in text for _, _, text in courier.carried)
    assert not any(address in text for _, address, text in courier.carried)
    assert book.owed() == []


@pytest.mark.parametrize("trouble", [None, OSError("away")])
def test_what_a_courier_does_not_take_stays_owed_and_is_tried_again_ever_more_rarely(
    storage: Storage, book: Notices, clock: Clock, trouble: Exception | None
) -> None:
    courier = PretendCourier()
    courier.trouble, courier.refuses = trouble, True
    giver = NoticeGiver(book, WORDS, courier)
    owe(storage, book, changed(old=""))

    giver.run_due()
    at_once = book.claim(0.0)
    clock.now += 31
    giver.run_due()
    courier.trouble, courier.refuses = None, False
    clock.now += 59
    too_early = giver.run_due()
    clock.now += 3600

    assert at_once == []
    assert too_early == 0
    assert giver.run_due() == 1


def test_two_processes_do_not_give_the_same_notice(storage: Storage, book: Notices) -> None:
    owe(storage, book, changed())

    assert len(book.claim(60.0)) == 2
    assert book.claim(60.0) == []


def test_without_a_courier_everything_waits_for_a_person(storage: Storage, book: Notices) -> None:
    owe(storage, book, changed())

    assert NoticeGiver(book, WORDS, None).run_due() == 0
    assert len(book.owed()) == 2
