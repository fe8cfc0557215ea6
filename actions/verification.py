"""Proving who one is: the form for the three details, the check, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any, ClassVar

from rasa_sdk import Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import unclear_digits
from actions.cardbot_action import (
    ACTIONS,
    CODE_FORM,
    DETAILS,
    DETAILS_FORM,
    CardbotAction,
    Events,
    without_details,
)
from actions.claims import CardClaim, Claim
from actions.corrections import correct
from actions.details import Details, parse_details
from actions.formatting import INDIA, clock_time
from actions.guard.vault import Direction, VaultMissing
from actions.identification import Outcome, Verdict
from actions.message import Message
from actions.requests import note_in
from actions.services import Services
from actions.tries import another_try


class ValidateCardDetailsForm(CardbotAction):
    """Takes the details out of a message; one that holds none is left to the rules."""

    ends_turn = False

    def name(self) -> str:
        return "validate_card_details_form"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        # While nothing was asked for yet, the request itself may look like a question, and bring the details along.
        is_asking = bool(tracker.get_slot("requested_slot"))
        if settled := unclear_digits.settled(self.services, tracker, message):
            return [*self._kept(message, settled), SlotSet(unclear_digits.SLOT, None)]
        if (message.is_aside and is_asking) or not message.values:
            return []
        try:
            opened = self._opened(message)
        except VaultMissing:
            dispatcher.utter_message(response="utter_details_expired")
            return without_details()
        known = self._known(message, tracker)
        expired = [name for name in DETAILS if tracker.get_slot(name) and name not in known]
        if expired:
            dispatcher.utter_message(response="utter_details_expired")
        found = self._read(opened, known, tracker)
        for name, value in found.as_text().items():
            if known.get(name, value) != value:
                dispatcher.utter_message(response=f"utter_corrected_{name}")
        events: Events = [SlotSet(name, None) for name in expired]
        events += [*self._kept(message, found.as_text()), *note_in(dispatcher, tracker, opened)]
        if unclear := unclear_digits.kept(self.services, message, opened, found):
            return [*events, *unclear]
        events.append(SlotSet(unclear_digits.SLOT, None))
        is_meant_as_details = is_asking or message.intent == "provide_details"
        if (found.as_text() and not found.problems) or not is_meant_as_details:
            return events
        # Of two that cannot be read, one is told.
        reasons = [f"utter_{problem}" for problem in dict.fromkeys(map(str, found.problems))]
        if not reasons and not message.number_destroyed:
            reasons = ["utter_details_unclear"]
        return events + another_try(self.services, dispatcher, tracker, message, reasons)

    def _opened(self, message: Message) -> list[tuple[str, str]]:
        """The values that may be details of a card; the digits of a contact are none."""
        vault = self.services.vault
        return [
            (each.kind, vault.open(message.conversation, Direction.IN, each.ref))
            for each in message.values
            if each.kind not in ("email", "phone_number")
        ]

    def _known(self, message: Message, tracker: Tracker) -> dict[str, str]:
        """The details that were given before and still lie in the vault."""
        known: dict[str, str] = {}
        for name in DETAILS:
            ref = tracker.get_slot(name) or ""
            with suppress(VaultMissing):
                known[name] = self.services.vault.open(message.conversation, Direction.IN, ref, kinds=(name,))
        return known

    def _read(self, opened: list[tuple[str, str]], known: Mapping[str, str], tracker: Tracker) -> Details:
        """What can be two things is what was just asked for, if one detail alone was asked for."""
        today = datetime.fromtimestamp(self.services.clock(), INDIA).date()
        if changed := correct(", ".join(text for kind, text in opened if kind not in DETAILS), known, today=today):
            return parse_details(list(changed.items()), today=today)
        missing = frozenset(DETAILS) - known.keys()
        found = parse_details(opened, today=today, wanted=missing or frozenset(DETAILS))
        if not found.as_text() and found.problems and 0 < len(missing) < len(DETAILS):
            asked = frozenset({tracker.get_slot("requested_slot")}) & missing
            again = parse_details(opened, today=today, wanted=asked or missing)
            return found if again.problems else again
        return found

    def _kept(self, message: Message, found: dict[str, str]) -> Events:
        put = self.services.vault.put
        return [SlotSet(name, put(message.conversation, Direction.IN, name, value)) for name, value in found.items()]


class AskForDetail(CardbotAction):
    """Asks for one detail, or for all three with the secure card while none is known."""

    ends_turn = False

    def __init__(self, services: Any, slot: str) -> None:
        super().__init__(services)
        self._slot = slot

    def name(self) -> str:
        return f"action_ask_{DETAILS_FORM}_{self._slot}"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        known = any(tracker.get_slot(name) for name in DETAILS)
        digits = unclear_digits.digits_of(self.services, tracker, message) if self._slot != "date_of_birth" else ""
        if digits:
            dispatcher.utter_message(response="utter_ambiguous_details", digits=self.shown(message, digits))
            return []
        dispatcher.utter_message(response=f"utter_ask_{self._slot}" if known else "utter_ask_details")
        return []


class Verify(CardbotAction):
    """Has the three details checked, once they are complete."""

    form: ClassVar[str] = DETAILS_FORM
    details: ClassVar[tuple[str, ...]] = DETAILS

    def name(self) -> str:
        return "action_verify"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        try:
            claim = self._claim(tracker, message)
        except VaultMissing:
            dispatcher.utter_message(response="utter_details_expired")
            return [*without_details(), FollowupAction(self.form)]
        services = self.services
        outcome = await services.pace.run(
            lambda: services.identification.check(claim, by_code=message.wants_code),
            lambda late: services.news.tell(claim.conversation, "bank_answered", facts_of(claim.message_id, late)),
        )
        events = without_details()
        if outcome is None:
            dispatcher.utter_message(response="utter_still_checking")
            return events
        if outcome.verdict is Verdict.CONTACT_WANTED:
            events = []  # the details wait for it
        return events + say_outcome(self.services, dispatcher, tracker, outcome)

    def _claim(self, tracker: Tracker, message: Message) -> Claim:
        opened = {
            name: self.services.vault.open(message.conversation, Direction.IN, tracker.get_slot(name), kinds=(name,))
            for name in self.details
        }
        address = self.services.vault.open(message.conversation, Direction.IN, message.address, kinds=("address",))
        return self.claim((message.conversation, message.identity, address, message.message_id), opened)

    def claim(self, who: tuple[str, str, str, str], opened: Mapping[str, str]) -> Claim:
        """What is claimed, by whom: the first four fields of every Claim, then the details by name."""
        born = date.fromisoformat(opened["date_of_birth"])
        return CardClaim(*who, opened["last_four"], opened["card_expiry"], born)


class BankAnswered(CardbotAction):
    """Tells how a check ended that outlasted its turn; what may follow is for the guard to say."""

    def name(self) -> str:
        return "action_bank_answered"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        until = message.facts.get("until")
        outcome = Outcome(Verdict(message.facts["verdict"]), float(until) if until else None)
        return say_outcome(self.services, dispatcher, tracker, outcome)


class TryAgain(CardbotAction):
    """Takes up the request that a refusal or a silent bank left undone."""

    def name(self) -> str:
        return "action_try_again"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        return _resumed(dispatcher, tracker)


def say_outcome(
    services: Services, dispatcher: CollectingDispatcher, tracker: Tracker, outcome: Outcome
) -> Events:
    """The words for an outcome, and after a success the request that began it."""
    if outcome.verdict is Verdict.VERIFIED:
        dispatcher.utter_message(response="utter_verified")
        return [SlotSet("failed_tries", 0), *_resumed(dispatcher, tracker)]
    if outcome.verdict is Verdict.CLOSED and outcome.until is not None:
        dispatcher.utter_message(response="utter_verification_closed", until=clock_time(outcome.until))
        return []
    if outcome.verdict in (Verdict.CODE_WANTED, Verdict.CODE_WRONG):
        if outcome.verdict is Verdict.CODE_WRONG:
            dispatcher.utter_message(response="utter_code_wrong")
        return [SlotSet("one_time_code", None), FollowupAction(CODE_FORM)]
    words = _WORDS[outcome.verdict]
    if outcome.verdict is Verdict.REFUSED and services.settings.urn_printed:
        words = "utter_verification_failed_or_contact"  # to everybody, whatever was wrong: it tells nothing
    dispatcher.utter_message(response=words)
    if outcome.verdict is Verdict.CONTACT_WANTED and services.settings.sms_codes:
        dispatcher.utter_message(response="utter_code_instead")
    return []


def _resumed(dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
    action = ACTIONS.get(tracker.get_slot("pending_request") or "")
    if action is None:
        dispatcher.utter_message(response="utter_anything_else")
        return []
    return [FollowupAction(action)]


_WORDS = {
    Verdict.REFUSED: "utter_verification_failed",
    Verdict.CLOSED: "utter_verification_not_here",
    Verdict.UNDECIDED: "utter_verification_undecided",
    Verdict.UNAVAILABLE: "utter_bank_unavailable",
    Verdict.CONTACT_WANTED: "utter_ask_contact",
    Verdict.CODE_EXPIRED: "utter_code_expired",
    Verdict.CODES_SPENT: "utter_codes_spent",
}


def facts_of(message_id: str, outcome: Outcome) -> Mapping[str, str]:
    """An outcome that came after its turn, as the facts of the news of it."""
    return {
        "verdict": outcome.verdict.value,
        "until": "" if outcome.until is None else repr(outcome.until),
        "message": message_id,
    }
