"""Tickets: one per talk and reason, readable aloud, revealed only with a reason, harmless to show."""

from __future__ import annotations

import html.parser
import itertools
import json
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.desk import (
    ALPHABET,
    Desk,
    Line,
    ReasonMissing,
    Revealed,
    Ticket,
    TicketState,
    UnknownTicket,
    WrongState,
    new_reference,
    parse_reference,
    without_values,
)
from actions.guard.audit import Audit
from actions.guard.keys import Keys
from actions.guard.schema import transcript
from actions.guard.storage import Storage
from actions.settings import Secret
from actions.ticket_pages import export_html, export_json, list_text, show_text

NOW = 1_800_000_000.0
KEYS = Keys([Secret("a master secret that only tests know 2")])


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    opened = Storage(f"sqlite:///{tmp_path / 'cardbot.db'}")
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def audit(storage: Storage) -> Audit:
    return Audit(storage, KEYS, lambda: NOW)


@pytest.fixture
def desk(storage: Storage, audit: Audit) -> Desk:
    return Desk(storage, KEYS, audit, lambda: NOW)


def open_ticket(desk: Desk, storage: Storage, conversation: str = "web:1", reason: str = "asked", **more: Any) -> str:
    with storage.begin() as conn:
        return desk.open_in(conn, conversation, reason, **{"language": "en", "verified": False, **more})


def write(storage: Storage, *texts: str, conversation: str = "web:1", buttons: str = "[]") -> None:
    with storage.begin() as conn:
        for position, line in enumerate(texts, 1):
            who, words = line.split(": ", 1)
            conn.execute(
                transcript.insert().values(
                    conversation=conversation, position=position, at=NOW, who=who, text=words, buttons=buttons
                )
            )


# ── references ──────────────────────────────────────────────────────────────────────────────────


@given(st.lists(st.integers(0, len(ALPHABET) - 1), min_size=5, max_size=5))
def test_a_reference_is_understood_however_it_is_typed(drawn: list[int]) -> None:
    reference = new_reference(lambda _: drawn.pop())

    heard = [reference, reference.lower(), reference.replace("-", " "), f" {reference[3:].replace('-', '')} "]

    assert {parse_reference(each) for each in heard} == {reference}


@given(st.data())
def test_a_reference_with_one_mistake_is_nobodys(data: st.DataObject) -> None:
    drawn = data.draw(st.lists(st.integers(0, len(ALPHABET) - 1), min_size=5, max_size=5))
    word = new_reference(lambda _: drawn.pop())[3:].replace("-", "")
    place = data.draw(st.integers(0, 5))
    other = data.draw(st.sampled_from(ALPHABET.replace(word[place], "")))

    with pytest.raises(UnknownTicket):
        parse_reference(word[:place] + other + word[place + 1 :])


@given(st.data())
def test_a_reference_with_two_neighbours_exchanged_is_nobodys(data: st.DataObject) -> None:
    drawn = data.draw(st.lists(st.integers(0, len(ALPHABET) - 1), min_size=5, max_size=5))
    word = new_reference(lambda _: drawn.pop())[3:].replace("-", "")
    place = data.draw(st.integers(0, 4))
    swapped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]

    if swapped != word:
        with pytest.raises(UnknownTicket):
            parse_reference(swapped)


@given(st.text(max_size=12))
def test_a_reference_that_is_refused_is_not_quoted(text: str) -> None:
    with suppress(UnknownTicket):
        assert parse_reference(text).startswith("CB-")
        return

    with pytest.raises(UnknownTicket, match=r"^this is not a ticket's reference$"):
        parse_reference(text)


def test_references_have_no_characters_that_look_alike() -> None:
    assert not set(ALPHABET) & set("0O1ILUBDSZ")
    assert len(set(ALPHABET)) == len(ALPHABET) == 23


# ── opening ─────────────────────────────────────────────────────────────────────────────────────


def test_asking_again_gives_the_same_ticket_until_it_is_closed(desk: Desk, storage: Storage) -> None:
    first = open_ticket(desk, storage)

    assert open_ticket(desk, storage) == first
    desk.claim(first, "Asha")
    assert open_ticket(desk, storage) == first
    desk.close(first, "Asha")

    assert open_ticket(desk, storage) != first


def test_another_talk_and_another_reason_have_tickets_of_their_own(desk: Desk, storage: Storage) -> None:
    references = {
        open_ticket(desk, storage, conversation, reason)
        for conversation, reason in itertools.product(["web:1", "web:2"], ["asked", "lost card"])
    }

    assert len(references) == 4
    assert len(desk.tickets()) == 4


def test_asking_again_adds_what_became_known(desk: Desk, storage: Storage) -> None:
    reference = open_ticket(desk, storage, bank_references=["T1"], address="a web page")

    open_ticket(desk, storage, verified=True, bank_references=["T1", "T2"], last_four="8305", urn="URN-1")

    ticket = desk.ticket(reference)
    assert (ticket.verified, ticket.bank_references) == (True, ("T1", "T2"))
    revealed = desk.reveal(reference, "Asha", "call back")
    assert (revealed.last_four, revealed.urn, revealed.address) == ("8305", "URN-1", "a web page")


def test_a_reference_that_is_taken_is_drawn_again(storage: Storage, audit: Audit) -> None:
    drawn = iter([0] * 10 + [1] * 5)
    desk = Desk(storage, KEYS, audit, lambda: NOW, choose=lambda _: next(drawn))

    one, two = open_ticket(desk, storage, "web:1"), open_ticket(desk, storage, "web:2")

    assert one != two


def test_a_ticket_of_a_transaction_that_fails_never_was(desk: Desk, storage: Storage) -> None:
    with pytest.raises(ZeroDivisionError), storage.begin() as conn:  # noqa: PT012  # the block is the transaction
        desk.open_in(conn, "web:1", "asked", language="en", verified=False)
        raise ZeroDivisionError

    assert desk.tickets() == []


# ── working on it ───────────────────────────────────────────────────────────────────────────────


def test_a_ticket_goes_from_waiting_to_claimed_to_closed(desk: Desk, storage: Storage, audit: Audit) -> None:
    reference = open_ticket(desk, storage)

    states = [desk.ticket(reference).state, desk.claim(reference, "Asha").state, desk.close(reference, "Ravi").state]

    assert states == [TicketState.WAITING, TicketState.CLAIMED, TicketState.CLOSED]
    assert (desk.ticket(reference).claimed_by, desk.ticket(reference).closed_by) == ("Asha", "Ravi")
    assert [each.outcome for each in audit.export(reference=reference)] == ["opened", "claimed", "closed"]


def test_a_ticket_is_claimed_by_one_person_only_and_closed_once(desk: Desk, storage: Storage) -> None:
    reference = open_ticket(desk, storage)
    desk.claim(reference, "Asha")

    with pytest.raises(WrongState):
        desk.claim(reference, "Ravi")
    desk.close(reference, "Asha")
    with pytest.raises(WrongState):
        desk.close(reference, "Ravi")

    assert desk.ticket(reference).claimed_by == "Asha"


def test_tickets_can_be_listed_by_state(desk: Desk, storage: Storage) -> None:
    waiting, claimed = open_ticket(desk, storage, "web:1"), open_ticket(desk, storage, "web:2")
    desk.claim(claimed, "Asha")

    assert [each.reference for each in desk.tickets(TicketState.WAITING)] == [waiting]
    assert [each.reference for each in desk.tickets(TicketState.CLAIMED)] == [claimed]


@pytest.mark.parametrize("reference", ["", "CB-2222-23", "CB-2222-24", "no such thing"])
def test_an_unknown_reference_is_said_to_be_unknown(desk: Desk, reference: str) -> None:
    for ask in (desk.ticket, desk.transcript):
        with pytest.raises(UnknownTicket):
            ask(reference)
    with pytest.raises(UnknownTicket):
        desk.reveal(reference, "Asha", "call back")


# ── revealing ───────────────────────────────────────────────────────────────────────────────────


def test_revealing_leaves_an_audit_row_with_who_and_why(desk: Desk, storage: Storage, audit: Audit) -> None:
    reference = open_ticket(desk, storage, last_four="8305", urn="URN-1", address="919800000000")

    revealed = desk.reveal(reference, "Asha", "the owner of 8305 (a@b.example) asked to be called")

    assert (revealed.last_four, revealed.urn, revealed.address) == ("8305", "URN-1", "919800000000")
    entry = audit.export(reference=reference)[-1]
    assert entry.outcome == "revealed"
    assert entry.facts == {"who": "Asha", "why": "the owner of **** ***@*** asked to be called"}


def test_a_ticket_forgets_its_values_a_month_after_its_end_and_goes_after_a_year(storage: Storage, audit: Audit) -> None:
    now = [NOW]
    desk = Desk(storage, KEYS, audit, lambda: now[0])
    waiting = open_ticket(desk, storage, last_four="8305")
    closed = open_ticket(desk, storage, "another reason", last_four="8305")
    desk.claim(closed, "Asha")
    desk.close(closed, "Asha")

    now[0] += 29 * 86400
    desk.purge()
    early = desk.reveal(closed, "Asha", "call back")
    now[0] += 2 * 86400
    desk.purge()
    late = desk.reveal(closed, "Asha", "call back")
    now[0] += 365 * 86400

    assert (early.last_four, late.last_four) == ("8305", "")
    assert desk.purge() == 1
    assert desk.reveal(waiting, "Asha", "call back").last_four == "8305"


@pytest.mark.parametrize(("who", "reason"), [("Asha", ""), ("Asha", " \n"), ("", "call back"), (" ", "call back")])
def test_nothing_is_revealed_without_a_name_and_a_reason(
    desk: Desk, storage: Storage, audit: Audit, who: str, reason: str
) -> None:
    reference = open_ticket(desk, storage, last_four="8305")

    with pytest.raises(ReasonMissing):
        desk.reveal(reference, who, reason)

    assert [each.outcome for each in audit.export(reference=reference)] == ["opened"]


def test_nothing_is_revealed_when_the_audit_cannot_be_written(desk: Desk, storage: Storage) -> None:
    reference = open_ticket(desk, storage, last_four="8305")
    with storage.begin() as conn:
        conn.exec_driver_sql("UPDATE audit_head SET mac = 'forged'")

    with pytest.raises(Exception, match="audit chain"):
        desk.reveal(reference, "Asha", "call back")


def test_what_a_ticket_seals_is_nowhere_in_clear(desk: Desk, storage: Storage, tmp_path: Path) -> None:
    reference = open_ticket(desk, storage, last_four="LAST-8305", urn="URN-77", address="PHONE-9198")
    revealed = desk.reveal(reference, "Asha", "call back")
    storage.close()

    with sqlite3.connect(tmp_path / "cardbot.db") as database:
        dump = "\n".join(database.iterdump())
    database.close()

    shown = dump + repr(desk.ticket(reference)) + repr(revealed)
    assert not any(value in shown for value in ("LAST-8305", "URN-77", "PHONE-9198"))


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("owner of 8305 called", "owner of **** called"),
        ("card ४५६७, again", "card ****, again"),
        ("call 98000 00000", "call ***********"),
        ("mail a.b@c.example now", "mail ***@*** now"),
        ("change request 12", "change request 12"),
    ],
)
def test_an_agents_words_lose_their_values(said: str, kept: str) -> None:
    assert without_values(said) == kept


# ── showing ─────────────────────────────────────────────────────────────────────────────────────

TICKET = Ticket("CB-2222-23", "web:1", "asked", "en", False, ("T1",), TicketState.WAITING, NOW)
ATTACKS = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg/onload=alert(1)>",
    "</li></ol></body><iframe src=javascript:alert(1)>",
    "</script><script>alert(1)</script>",
    "&lt;script&gt;",
    "<!--",
    "]]>",
]


class Tags(html.parser.HTMLParser):
    """The tags and attributes that a browser would see."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, tuple[str, ...]]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_transcript_is_the_talk_in_order_with_titles_of_buttons(desk: Desk, storage: Storage) -> None:
    write(storage, "you: my card four digits", "bot: Thank you.", buttons='[{"id": "b1", "title": "Balance"}]')
    reference = open_ticket(desk, storage)

    lines = desk.transcript(reference)

    assert [(line.who, line.text) for line in lines] == [("you", "my card four digits"), ("bot", "Thank you.")]
    shown = show_text(desk.ticket(reference), lines)
    assert "cardholder  my card four digits  [Balance]" in shown
    assert "b1" not in shown


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_page_shows_what_was_typed_and_obeys_none_of_it(attack: str) -> None:
    plain = Tags(export_html(TICKET, [Line(NOW, "you", "words", ("title",))]))

    page = Tags(export_html(TICKET, [Line(NOW, "you", attack, (attack,))], Revealed(address=attack)))

    assert set(page.seen) == set(plain.seen)
    assert attack in page.words


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    page = export_html(TICKET, [])

    assert "default-src 'none'; style-src 'sha256-" in page
    assert not {"script", "img", "link", "a", "iframe"} & {tag for tag, _ in Tags(page).seen}


@pytest.mark.parametrize("attack", ATTACKS)
def test_data_comes_back_exactly_and_holds_no_html(attack: str) -> None:
    text = export_json(TICKET, [Line(NOW, "you", attack, (attack,))])

    assert json.loads(text)["transcript"][0]["text"] == attack
    assert not set("<>&'") & set(text)


def test_a_terminal_is_shown_no_control_character_and_no_reference_of_the_vault() -> None:
    line = Line(NOW, "you", "a\x1b[31mred\r\u202eevil\x9b \ue000ABCDEFGHIJKLMNOPQRSTUV\ue001 b\ue000cut\nक्‍ष")

    shown = show_text(TICKET, [line])

    assert not set("\x1b\r\u202e\x9b\ue000\ue001") & set(shown)
    assert "[shown]" in shown
    assert "ABCDEFGH" not in shown
    assert "क्‍ष" in shown


def test_values_are_shown_when_revealed_and_not_before() -> None:
    revealed = Revealed("8305", "URN-1", "")

    for show in (show_text, export_html, export_json):
        assert "8305" not in show(TICKET, [])
        assert "8305" in show(TICKET, [], revealed)
    assert "8305" not in repr(revealed)


def test_a_list_has_one_line_for_each_ticket() -> None:
    assert list_text([]) == "No tickets."
    assert [each[:10] for each in list_text([TICKET, TICKET]).splitlines()] == ["CB-2222-23"] * 2


def test_a_talk_that_is_not_kept_any_more_is_said_to_be_gone(desk: Desk, storage: Storage) -> None:
    reference = open_ticket(desk, storage)

    assert "not kept any more" in show_text(desk.ticket(reference), desk.transcript(reference))
