"""Every code of the bank in every call of the conversation: true and kind words, in all languages, by one table."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.bank import Bank
from actions.claims import CardClaim
from actions.contact_change import WriteCalls, words_of
from actions.guard.journal_change import Change, State, Told
from actions.guard.reconcile import Answer, after_send
from actions.identification import Identification, Outcome, Verdict
from actions.record import read_record
from actions.refusals import RESPONSES, report, words_for
from actions.services import build
from actions.settings import Settings
from actions.verification import say_outcome
from actions.words import LANGUAGES, Words
from wibmo import (
    CODES,
    BadAnswer,
    CodeClass,
    Misconfigured,
    NotSent,
    Operation,
    OutcomeUnknown,
    Refused,
    WibmoError,
)
from wibmo.codes import class_of, error_for

ROOT = Path(__file__).resolve().parents[1]
WORDS = Words.of_domain(ROOT / "domain.yml", {})
EVERY_CODE = [*CODES, "4242"]
WITHOUT_CODE = [NotSent("circuit open"), BadAnswer("answer cannot be read"), Misconfigured("status 401"), OutcomeUnknown("no answer")]
EVERY_ERROR = [
    (operation, error)
    for operation in RESPONSES
    for error in [*(error_for(operation, code, "ABC234") for code in EVERY_CODE), *WITHOUT_CODE]
]
AWAY = "utter_bank_unavailable"
AS_BEFORE = "utter_change_not_done"
OF_RECORD = {
    CodeClass.WRONG_DETAILS: "utter_record_not_found",
    CodeClass.AMBIGUOUS: "utter_record_ambiguous",
    CodeClass.CARD_STATE: "utter_record_card_state",
}
OF_CHANGE = {
    CodeClass.WRONG_DETAILS: AS_BEFORE,
    CodeClass.AMBIGUOUS: "utter_change_needs_person",
    CodeClass.CARD_STATE: "utter_change_card_state",
    CodeClass.USER_INPUT: "utter_change_refused_value",
    CodeClass.MISCONFIGURED: AS_BEFORE,
}


class Refusing:
    """A bank that answers every call with one error."""

    def __init__(self, error: WibmoError) -> None:
        self.error = error

    def _refuse(self, *args: object, **kwargs: object) -> NoReturn:
        raise self.error

    verify_cardholder = retrieve_customer = send_update = _refuse


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    settings = Settings.from_env({"CARDBOT_PROFILE": "test", "CARDBOT_VAR": str(tmp_path_factory.mktemp("var"))})
    built = build(settings, ROOT)
    yield built
    built.close()


def checked(services: Any, error: WibmoError, number: int) -> Outcome:
    """How a check ends when the bank answers so; every claim is another cardholder's."""
    claim = CardClaim(
        f"web:{number}", f"identity-{number}", "", "m1", f"{number:04}", "0827", date(1950, 1, 1 + number % 28).replace(year=1940 + number // 28)
    )  # fmt: skip
    asking = Identification(
        Refusing(error),  # type: ignore[arg-type]
        services.lockout, services.sessions, services.codes, services.audit, services.proving,
    )  # fmt: skip
    return asking.check(claim)


def said(services: Any, outcome: Outcome) -> list[str]:
    dispatcher = CollectingDispatcher()
    say_outcome(services, dispatcher, Tracker("web:0", {}, {}, [], False, None, {}, None), outcome)
    return [message["response"] for message in dispatcher.messages]


def rejected(code: str) -> Change:
    """A change as it stands after the bank said no with this code to its first copy."""
    sent = Change(
        op_id="1", reference="AB-CD", conversation="web:1", field="email", txn="T", urn="1", old="a@x.com", new="b@x.com", request=b"",
        state=State.SENT, version=2, sends=1, misses=0, duplicate=False, code="", made_at=0.0, sent_at=0.0, first_old_at=None,
        next_at=None, closed_at=None, waiting_until=0.0, told=Told.NOTHING, ticketed=False,
    )  # fmt: skip
    return after_send(sent, WriteCalls(Refusing(error_for(Operation.UPDATE, code, "T"))).send(b"", "T"), 1.0)  # type: ignore[arg-type]


def test_every_error_of_every_call_has_words_in_all_languages() -> None:
    for operation, error in EVERY_ERROR:
        response = words_for(operation, error)

        texts = {WORDS.say(response, language) for language in LANGUAGES}

        assert len(texts) == len(LANGUAGES), (operation, error, response)


def test_where_a_urn_is_printed_every_refusal_offers_it_and_else_none_does(services: Any) -> None:
    settings = replace(services.settings, urn_printed="on the back")
    offering = replace(services, settings=settings)

    assert said(offering, Outcome(Verdict.REFUSED)) == ["utter_verification_failed_or_contact"]
    assert said(services, Outcome(Verdict.REFUSED)) == ["utter_verification_failed"]


def test_all_refusals_of_verification_share_one_text_and_silence_has_another(services: Any) -> None:
    errors = [error for operation, error in EVERY_ERROR if operation is Operation.VERIFY]

    for number, error in enumerate(errors):
        heard = said(services, checked(services, error, number))

        assert heard == [words_for(Operation.VERIFY, error)], error
        assert heard == ["utter_verification_failed" if isinstance(error, Refused) else AWAY], error


def test_a_try_is_given_back_where_the_bank_cannot_have_looked_at_it(services: Any) -> None:
    given_back = []
    for number, code in enumerate(EVERY_CODE, 500):
        before = checked(services, error_for(Operation.VERIFY, code, "T"), number)
        again = checked(services, error_for(Operation.VERIFY, "1302", "T"), number)
        if before.verdict.value == again.verdict.value == "unavailable":
            given_back.append(class_of(code))

    assert set(given_back) == {CodeClass.TRANSIENT, CodeClass.DUPLICATE, CodeClass.MISCONFIGURED}


@pytest.mark.parametrize("code", EVERY_CODE)
def test_a_record_that_is_refused_is_explained_by_its_class(code: str) -> None:
    error = error_for(Operation.RETRIEVE, code, "T")
    bank = Bank(5.0)

    found = asyncio.run(read_record(SimpleNamespace(client=Refusing(error), bank=bank), "1"))  # type: ignore[arg-type]
    bank.close()

    assert found == OF_RECORD.get(class_of(code), AWAY)


@pytest.mark.parametrize("code", EVERY_CODE)
def test_a_change_that_is_refused_says_why_and_one_in_doubt_says_that(code: str) -> None:
    change = rejected(code)

    if change.state is State.REJECTED:
        assert words_of(change) == (AS_BEFORE if code == "8007" else OF_CHANGE[class_of(code)])
    else:
        assert change.state is State.UNKNOWN
        assert words_of(change) == "utter_change_pending"
        assert class_of(code) in (CodeClass.DUPLICATE, CodeClass.TRANSIENT, CodeClass.UNKNOWN)


def test_what_the_table_says_of_an_update_is_what_is_said_of_the_change() -> None:
    for code in EVERY_CODE:
        assert words_of(rejected(code)) == words_for(Operation.UPDATE, error_for(Operation.UPDATE, code, "T")), code


@pytest.mark.parametrize(
    ("state", "response"),
    [
        (State.REJECTED_LOCAL, AS_BEFORE), (State.CANCELLED, AS_BEFORE), (State.NOT_APPLIED, AS_BEFORE),
        (State.UNKNOWN, "utter_change_pending"), (State.CONFIRMED_PENDING, "utter_change_pending"),
        (State.CONFIRMED, "utter_email_changed"), (State.MANUAL, "utter_change_in_person"), (State.CONFLICT, "utter_change_in_person"),
    ],
)  # fmt: skip
def test_every_state_of_a_change_has_its_words(state: State, response: str) -> None:
    assert words_of(replace(rejected("1092"), state=state)) == response


@pytest.mark.parametrize("code", ["misconfigured", "rejected", ""])
def test_a_refusal_without_a_code_leaves_the_record_as_it_was(code: str) -> None:
    assert words_of(replace(rejected("1092"), code=code)) == AS_BEFORE


def test_a_refusal_by_status_is_misconfigured_and_changes_nothing() -> None:
    sent = WriteCalls(Refusing(Misconfigured("status 401"))).send(b"", "T")  # type: ignore[arg-type]

    assert sent.answer is Answer.MISCONFIGURED


def test_the_operator_is_called_at_once_where_our_settings_are_wrong(caplog: pytest.LogCaptureFixture) -> None:
    report(Operation.VERIFY, Misconfigured("status 401", request_id="T1"))
    report(Operation.VERIFY, NotSent("circuit open", request_id="T2"))

    assert [(each.levelname, each.message) for each in caplog.records] == [
        ("ERROR", "verify: Misconfigured status 401 request=T1"),
        ("WARNING", "verify: NotSent circuit open request=T2"),
    ]
