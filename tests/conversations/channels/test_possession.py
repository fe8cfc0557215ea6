"""Possession at the platforms' doors: numbers, contacts and codes held against the record, and what they open."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.conversations.cardholders import Holder, new_holder
from tests.conversations.channels import platforms
from tests.conversations.channels.phones import Phone, TelegramPhone, TwilioPhone, WhatsAppPhone, recorded
from tests.conversations.channels.platforms import Platforms
from tests.conversations.clocked import move, program
from tests.conversations.server import Server
from wibmo.sandbox import Sandbox

FAILED = "do not match our record"
BALANCE = "₹1,02,345.50"
OPEN = "SELECT 1 FROM {} WHERE state IN ('waiting', 'working')"
POLICIES = {
    "CARDBOT_WHATSAPP_POSSESSION": "required",
    "CARDBOT_TELEGRAM_POSSESSION": "required",
    "CARDBOT_TWILIO_POSSESSION": "step_up",
    "CARDBOT_SMS_CODES": "on",
}


class Clocked(Server):
    """A server whose clock this test moves."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.ahead = self.var / "ahead"
        self.ahead.write_text("0")
        self.program = program(self.ahead)

    def wait(self, seconds: float) -> None:
        move(self.ahead, seconds)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, bank: Sandbox, model: Path, api: Platforms) -> Iterator[Clocked]:
    settings = {**platforms.settings(api.url), **POLICIES}
    server = Clocked(tmp_path_factory.mktemp("possession"), bank.url, model, settings)
    server.start()
    yield server
    server.stop()
    assert api.faults == [], "a platform's limits were broken"


class Quick(Phone):
    """Waits until every message is answered and every answer delivered, and not a moment longer."""

    database: Path

    def wait(self) -> list[str]:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            found = self.received[self._read :]
            if found and not self._is_busy():
                self._read += len(found)
                return [call.text for call in found]
            time.sleep(0.02)
        raise AssertionError("no answer came")

    def _is_busy(self) -> bool:
        with closing(sqlite3.connect(self.database)) as db:
            return bool(db.execute(f"{OPEN.format('inbox')} UNION {OPEN.format('outbox')}").fetchone())


class WhatsApp(Quick, WhatsAppPhone):
    pass


class Telegram(Quick, TelegramPhone):
    pass


class Twilio(Quick, TwilioPhone):
    pass


class Hidden(WhatsApp):
    """Somebody on WhatsApp who hides the phone behind an id."""

    @property
    def address(self) -> str:
        return f"IN.{self.number:020d}"

    def text(self, text: str) -> dict[str, Any]:
        webhook = recorded("whatsapp", "text_without_phone")
        message = webhook["entry"][0]["changes"][0]["value"]["messages"][0]
        fresh = super().text(text)["entry"][0]["changes"][0]["value"]["messages"][0]["id"]
        message |= {"from_user_id": self.address, "id": fresh, "text": {"body": text}}
        return webhook

    def message(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        webhook = super().message(kind, content)
        message = webhook["entry"][0]["changes"][0]["value"]["messages"][0]
        del message["from"]
        message["from_user_id"] = self.address
        return webhook


class HiddenTwilio(Twilio):
    @property
    def address(self) -> str:
        return f"whatsapp:IN.{self.number:020d}"


Q = TypeVar("Q", bound=Quick)
Buy = Callable[[type[Q]], Q]


@pytest.fixture
def buy(server: Clocked, api: Platforms) -> Callable[[type[Q]], Q]:
    """A new phone of a kind."""

    def bought(kind: type[Q]) -> Q:
        phone = kind(server.url, api)
        phone.database = server.var / "cardbot.db"
        return phone

    return bought


@pytest.fixture
def whatsapp(buy: Callable[[type[WhatsApp]], WhatsApp]) -> WhatsApp:
    return buy(WhatsApp)


@pytest.fixture
def telegram(buy: Callable[[type[Telegram]], Telegram]) -> Telegram:
    return buy(Telegram)


@pytest.fixture
def twilio(buy: Callable[[type[Twilio]], Twilio]) -> Twilio:
    return buy(Twilio)


@pytest.fixture
def hidden(buy: Callable[[type[Hidden]], Hidden]) -> Hidden:
    return buy(Hidden)


def owner(bank: Sandbox, phone: Phone) -> Holder:
    """A cardholder whose registered mobile is this phone's number."""
    return new_holder(bank, mobile=phone.address[-12:])


def details(holder: Holder) -> str:
    return f"{holder.last_four}, {holder.slashed}, {holder.birthday}"


def asked(bank: Sandbox, operation: str) -> int:
    return sum(call.operation == operation for call in bank.calls)


def contact(phone: TelegramPhone, number: str, kind: str = "contact", **changes: Any) -> dict[str, Any]:
    update = phone.mine(recorded("telegram", kind))
    update["message"]["contact"] |= {"phone_number": number}
    if kind == "contact":
        update["message"]["contact"]["user_id"] = int(phone.address)
    update["message"] |= changes
    return update


def code_for(bank: Sandbox, holder: Holder) -> str:
    return bank.ledger.otp(holder.mobile)


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


# ── WhatsApp's number ───────────────────────────────────────────────────────────────────────────


def test_a_whatsapp_number_that_is_registered_verifies(whatsapp: WhatsApp, bank: Sandbox) -> None:
    mine = owner(bank, whatsapp)
    whatsapp.say("balance")

    assert BALANCE in whatsapp.say(details(mine))[-2]


def test_another_number_reads_and_counts_like_wrong_details(whatsapp: WhatsApp, buy: Buy[Any], bank: Sandbox) -> None:
    stolen, guesser = new_holder(bank), buy(WhatsApp)
    tries = {whatsapp: details(stolen), guesser: f"0000, {stolen.slashed}, {stolen.birthday}"}

    heard = [[phone.say(text) for text in ("balance", tries[phone]) * 3] + [phone.say("balance")] for phone in tries]

    assert heard[0] == heard[1]
    assert [FAILED in answers[-1] for answers in heard[0]] == [False, True] * 3 + [False]
    assert "cannot check any details here until" in heard[0][-1][-1]


# ── Telegram's own contact ──────────────────────────────────────────────────────────────────────


def test_telegram_asks_for_the_own_contact_before_the_bank_is_asked(telegram: Telegram, bank: Sandbox) -> None:
    mine = new_holder(bank)
    telegram.say("balance")
    before = asked(bank, "verify")
    wanted = telegram.say(details(mine))

    assert "share your own Telegram contact" in wanted[0]
    assert asked(bank, "verify") == before
    markup = next(call.body["reply_markup"] for call in telegram.received if "share your own" in call.text)
    assert markup["keyboard"] == [[{"text": "Share my contact", "request_contact": True}]]

    assert any(BALANCE in text for text in telegram.answers_to(contact(telegram, mine.mobile)))


def test_contacts_of_others_and_forwarded_ones_show_nothing(telegram: Telegram, bank: Sandbox) -> None:
    stolen = new_holder(bank)
    before = asked(bank, "verify")
    telegram.say("balance")
    telegram.say(details(stolen))

    of_another = telegram.answers_to(contact(telegram, stolen.mobile, "contact_of_somebody_else"))
    forwarded = telegram.answers_to(contact(telegram, stolen.mobile, forward_origin={"type": "user"}))
    in_a_group = contact(telegram, stolen.mobile, chat={"id": -5, "type": "group"})
    telegram.post(in_a_group)
    still_wanted = telegram.say(details(stolen))

    assert "not your own contact" in of_another[-1]
    assert "not your own contact" in forwarded[-1]
    assert not any(BALANCE in text for text in still_wanted)
    assert asked(bank, "verify") == before


def test_an_own_contact_that_is_not_registered_reads_like_wrong_details(telegram: Telegram, bank: Sandbox) -> None:
    stolen = new_holder(bank)
    telegram.say("balance")
    telegram.say(details(stolen))

    assert FAILED in telegram.answers_to(contact(telegram, "919800000000"))[-1]


def test_a_code_in_place_of_a_contact(telegram: Telegram, bank: Sandbox) -> None:
    mine = new_holder(bank)
    telegram.say("balance")
    telegram.say(details(mine))

    assert "six-digit code" in telegram.press("Code by SMS")[-1]
    assert any(BALANCE in text for text in telegram.say(code_for(bank, mine)))


# ── codes by SMS ────────────────────────────────────────────────────────────────────────────────


def test_right_and_wrong_details_ask_for_a_code_in_the_same_words(hidden: Hidden, buy: Buy[Any], bank: Sandbox) -> None:
    mine, guesser, sent = new_holder(bank), buy(Hidden), asked(bank, "send_otp")
    hidden.say("balance")
    guesser.say("balance")

    right, wrong = hidden.say(details(mine)), guesser.say(f"0000, {mine.slashed}, {mine.birthday}")

    assert right == wrong
    assert "If these details match our record" in right[-1]
    assert asked(bank, "send_otp") - sent == 1
    assert any(BALANCE in text for text in hidden.say(f"OTP is {code_for(bank, mine)}"))
    guesses = [guesser.say("123456") for _ in range(3)]
    assert "not right" in guesses[0][0]
    assert FAILED in guesses[2][-1]


def test_details_can_be_corrected_while_a_code_is_asked_for(hidden: Hidden, bank: Sandbox) -> None:
    mine = new_holder(bank)
    hidden.say("balance")
    hidden.say(f"{mine.last_four}, {mine.slashed}, 01-01-1950")

    asked_anew = hidden.press("Correct my details")
    hidden.say(details(mine))

    assert "last four digits" in asked_anew[-1]
    assert any(BALANCE in text for text in hidden.say(code_for(bank, mine)))


def test_three_wrong_codes_are_a_failed_verification(hidden: Hidden, bank: Sandbox) -> None:
    mine = new_holder(bank)
    hidden.say("balance")
    hidden.say(details(mine))
    code, tried = code_for(bank, mine), asked(bank, "verify_otp")

    answers = [hidden.say(other_than(code)) for _ in range(3)]
    late = hidden.say(code)

    assert ["not right" in each[0] for each in answers] == [True, True, False]
    assert FAILED in answers[2][-1]
    assert not any(BALANCE in text for text in late)
    assert asked(bank, "verify_otp") - tried == 3


def test_a_code_is_good_in_its_own_conversation_only(hidden: Hidden, buy: Buy[Any], bank: Sandbox) -> None:
    mine, other = new_holder(bank), buy(Hidden)
    for phone in (hidden, other):
        phone.say("balance")
    hidden.say(details(mine))
    other.say(details(new_holder(bank)))

    answers = other.say(code_for(bank, mine))

    assert "not right" in answers[0]


def test_a_code_is_good_for_ten_minutes(hidden: Hidden, server: Clocked, bank: Sandbox) -> None:
    mine = new_holder(bank)
    hidden.say("balance")
    hidden.say(details(mine))
    code = code_for(bank, mine)

    server.wait(601)

    assert "no longer good" in hidden.say(code)[-1]


def test_a_conversation_gets_three_codes_an_hour(hidden: Hidden, bank: Sandbox) -> None:
    mine, sent = new_holder(bank), asked(bank, "send_otp")
    hidden.say("balance")
    hidden.say(details(mine))

    again = [hidden.press("Send it again"), hidden.say("I did not get the code"), hidden.say("send it again please")]

    assert ["only a few codes" in each[0] for each in again] == [False, False, True]
    assert asked(bank, "send_otp") - sent == 3
    assert any(BALANCE in text for text in hidden.say(code_for(bank, mine)))


def test_an_account_gets_three_codes_an_hour_from_all_conversations_together(
    buy: Buy[Any], bank: Sandbox
) -> None:
    mine, sent = new_holder(bank), asked(bank, "send_otp")

    answers = set()
    for _ in range(5):
        phone = buy(Hidden)
        phone.say("balance")
        answers.add(phone.say(details(mine))[-1])

    assert asked(bank, "send_otp") - sent == 3
    assert len(answers) == 1


def test_no_code_is_kept_and_an_unasked_one_is_destroyed(hidden: Hidden, server: Clocked, bank: Sandbox) -> None:
    mine = new_holder(bank)
    hidden.say("balance")
    hidden.say(details(mine))
    code = code_for(bank, mine)
    hidden.say(code)

    unasked = hidden.say("my otp is 918273")

    assert "deleted it unread" in unasked[0]
    kept = b"".join(path.read_bytes() for path in server.var.glob("cardbot.db*")) + server.log().encode()
    assert code.encode() not in kept
    assert not re.search(rb"(?<!\d)918273(?!\d)", kept)  # a number of its own: a confidence may hold these digits
    assert mine.mobile[2:].encode() not in kept


# ── changes that want possession ────────────────────────────────────────────────────────────────


def test_under_step_up_a_change_goes_on_by_itself_where_the_number_fits(twilio: Twilio, bank: Sandbox) -> None:
    mine = owner(bank, twilio)
    twilio.say("change my email to fresh.one@example.com")
    shown = twilio.say(details(mine))

    assert "fresh.one@example.com" in shown[-1]
    assert any("fresh.one@example.com" in text for text in twilio.say("yes"))


def test_under_step_up_a_change_goes_on_where_it_was_after_the_code(buy: Buy[Any], bank: Sandbox) -> None:
    mine, phone = new_holder(bank), buy(HiddenTwilio)
    phone.say("change my email to later@example.com")
    asked_for = phone.say(details(mine))
    shown = phone.say(code_for(bank, mine))
    done = phone.say("yes")

    assert "For this change the bank has sent a six-digit code" in asked_for[-1]
    assert "later@example.com" in shown[-1]
    assert any("later@example.com" in text for text in done)
    assert bank.person(mine.key).email == "later@example.com"


def test_under_step_up_three_wrong_codes_end_the_access_to_the_card(buy: Buy[Any], bank: Sandbox) -> None:
    mine, phone = new_holder(bank), buy(HiddenTwilio)
    phone.say("balance")
    seen = phone.say(details(mine))
    phone.say("change my email to thief@example.com")
    answers = [phone.say(other_than(code_for(bank, mine))) for _ in range(3)]

    assert any(BALANCE in text for text in seen)
    assert FAILED in answers[-1][-1]
    assert "last four digits" in phone.say("balance")[-1]


def test_under_step_up_another_number_sees_the_balance_and_changes_nothing(twilio: Twilio, bank: Sandbox) -> None:
    stolen = new_holder(bank)
    twilio.say("balance")
    seen = twilio.say(details(stolen))

    refused = twilio.say("change my email to thief@example.com")
    again = twilio.say("balance")

    assert any(BALANCE in text for text in seen)
    assert FAILED in refused[-1]
    assert "last four digits" in again[-1]
    assert bank.person(stolen.key).email == stolen.email


def test_a_new_mobile_ends_what_the_former_one_opened(whatsapp: WhatsApp, bank: Sandbox) -> None:
    mine = owner(bank, whatsapp)
    whatsapp.say("change my mobile number")
    whatsapp.say(details(mine))
    whatsapp.say("9876501234")
    whatsapp.press("Yes, change it")
    assert bank.person(mine.key).mobile == "919876501234"

    whatsapp.say("balance")
    answers = whatsapp.say(details(mine))

    assert FAILED in answers[-1]


# ── limits that others used up ──────────────────────────────────────────────────────────────────


def test_a_first_time_victim_with_the_registered_number_verifies_at_once(
    whatsapp: WhatsApp, buy: Buy[Any], bank: Sandbox
) -> None:
    victim = owner(bank, whatsapp)
    failed = asked(bank, "verify")
    for _ in range(4):
        attacker = buy(WhatsApp)
        for day in range(10, 13):
            for text in ("balance", f"{victim.last_four}, {victim.slashed}, {day}-01-1950"):
                attacker.post(attacker.text(text))
    attacker.wait()
    assert asked(bank, "verify") - failed == 12

    whatsapp.say("balance")

    assert any(BALANCE in text for text in whatsapp.say(details(victim)))


