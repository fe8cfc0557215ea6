"""A new e-mail or mobile as it comes out of a message: read, put into its standard form, its mail domain doubted."""

from __future__ import annotations

from collections.abc import Callable

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.cardbot_action import CardbotAction, Events
from actions.contact_problems import problem_with
from actions.guard.vault import Direction, VaultMissing
from actions.mail_domains import domain_meant
from actions.message import Message
from actions.parsing import ParseError, parse_email, parse_mobile
from actions.services import Services

_YES = frozenset({"yes", "yeah", "yep", "haan", "han", "ha", "ji", "हाँ", "हां", "जी"})
_NO = frozenset({"no", "nope", "nahi", "nahin", "nhi", "नहीं", "नही"})
PARSERS: dict[str, Callable[[str], str]] = {"email": parse_email, "mobile": parse_mobile}


def taken(services: Services, field: str, message: Message) -> Events:
    """Where the one new value of this message lies, which the cardholder has yet to confirm; empty if it holds none."""
    found = _values(services, field, message)
    if len(found) != 1:
        return []
    value = found.pop()
    put = services.vault.put
    events: Events = [
        SlotSet(f"new_{field}", put(message.conversation, Direction.IN, f"new_{field}", value)),
        SlotSet("change_confirmed", None),
    ]
    if field == "email":
        name, _, domain = value.rpartition("@")
        meant = domain_meant(domain)
        offer = put(message.conversation, Direction.IN, "new_email", f"{name}@{meant}") if meant else None
        events += [SlotSet("offered_email", offer), SlotSet("domain_checked", None if meant else "yes")]
    return events


def without_new(field: str) -> Events:
    """Forget where a new value lies."""
    names = (f"new_{field}", "change_confirmed", *(("offered_email", "domain_checked") if field == "email" else ()))
    return [SlotSet(name, None) for name in names]


def offer_settled(tracker: Tracker, message: Message) -> Events:
    """What the cardholder says to the address that was offered in place of the typed one; empty if nothing clear.

    This yes changes nothing yet, so it may have words behind it, unlike the one that confirms a change.
    """
    first = "" if message.values or message.choice else message.words.casefold().partition(" ")[0].strip(",.!।")
    if message.choice == "offered" or message.said_yes or first in _YES:
        return [SlotSet("new_email", tracker.get_slot("offered_email")), SlotSet("domain_checked", "yes")]
    if message.choice == "typed" or message.said_no or first in _NO:
        return [SlotSet("domain_checked", "yes")]
    return []


def say_problem(services: Services, dispatcher: CollectingDispatcher, field: str, message: Message) -> None:
    """Why the message holds no new value that can be used."""
    problem = problem_with(field, " ".join(_opened(services, message)))
    dispatcher.utter_message(response=f"utter_{problem}")


class AskForDomain(CardbotAction):
    """Offers the address that was probably meant."""

    ends_turn = False

    def name(self) -> str:
        return "action_ask_email_change_form_domain_checked"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        try:
            typed, meant = (self._open(message, tracker.get_slot(slot) or "") for slot in ("new_email", "offered_email"))
        except VaultMissing:
            dispatcher.utter_message(response="utter_details_expired")
            return without_new("email")
        dispatcher.utter_message(
            response="utter_offer_email", typed=self.shown(message, typed), meant=self.shown(message, meant)
        )
        return []

    def _open(self, message: Message, ref: str) -> str:
        return self.services.vault.open(message.conversation, Direction.IN, ref, kinds=("new_email",))


def _values(services: Services, field: str, message: Message) -> set[str]:
    found: set[str] = set()
    for text in _opened(services, message):
        try:
            found.add(PARSERS[field](text))
        except ParseError:
            continue
    return found


def _opened(services: Services, message: Message) -> list[str]:
    opened: list[str] = []
    for each in message.values:
        try:
            opened.append(services.vault.open(message.conversation, Direction.IN, each.ref))
        except VaultMissing:
            continue
    return opened
