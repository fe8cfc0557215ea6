"""The contact details: telling them, and changing e-mail or mobile after a look, a clear yes and a read-back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.cardbot_action import CardbotAction, Events, ask_for_details
from actions.contact_change import CHANGED, NotBegun, Proposed, words_of
from actions.formatting import mask_email, mask_mobile, mobile_in_full
from actions.guard.journal_change import Change
from actions.guard.possession import Act, channel_of, is_admitted
from actions.guard.vault import Direction, VaultMissing
from actions.message import Message
from actions.new_contact import AskForDomain, offer_settled, say_problem, taken, without_new
from actions.possession import show_possession
from actions.record import RecordAction
from actions.refusals import UNAVAILABLE
from actions.requests import begin_with_first, go_on, note_others
from actions.services import Services
from wibmo import Customer

MASKS: dict[str, Callable[[str], str]] = {"email": mask_email, "mobile": mask_mobile}
IN_FULL: dict[str, Callable[[str], str]] = {"email": str, "mobile": mobile_in_full}


class ViewProfile(RecordAction):
    """Tells which e-mail and mobile the bank has, masked."""

    request = "view_profile"
    closing = "utter_after_profile"
    is_about_cards = False

    def tell(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message, customer: Customer) -> None:
        values = {"mobile": mask_mobile(customer.mobile)}
        if customer.email:
            values["email"] = mask_email(customer.email)
        response = "utter_profile" if customer.email else "utter_profile_without_email"
        dispatcher.utter_message(response=response, **self.all_shown(message, **values))


class UpdateContact(CardbotAction):
    """Begins a change, once the cardholder has been verified a few minutes ago at most."""

    field: ClassVar[str]

    def name(self) -> str:
        return f"action_update_{self.field}"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        settings = self.services.settings
        policy = settings.possession_on(channel_of(message.conversation))
        if not is_admitted(policy, Act.CHANGE, settings.profile):
            return [FollowupAction("action_cannot_do")]
        if earlier := begin_with_first(tracker, message, f"update_{self.field}"):
            return earlier
        new = taken(self.services, self.field, message)
        if not new and not tracker.get_slot("pending_request"):
            new = without_new(self.field)
        new += note_others(tracker, message, f"update_{self.field}")
        verified = self.services.sessions.current(message.conversation, max_age=settings.change_max_age)
        if verified is None:
            return [*new, *ask_for_details(self.services, dispatcher, message, f"update_{self.field}")]
        if not self.services.proving.may_change(verified):
            stopped = await show_possession(self.services, dispatcher, tracker, message, verified)
            if stopped is not None:
                return [*new, SlotSet("pending_request", f"update_{self.field}"), *stopped]
        return [
            *new,
            SlotSet("misunderstandings", 0),
            SlotSet("change_confirmed", None),
            SlotSet("pending_request", None),
            FollowupAction(f"{self.field}_change_form"),
        ]


class UpdateEmail(UpdateContact):
    field = "email"


class UpdateMobile(UpdateContact):
    field = "mobile"


class ValidateChangeForm(CardbotAction):
    """Takes the new value or the yes or no out of a message; the rest is left to the rules."""

    ends_turn = False

    def __init__(self, services: Services, field: str) -> None:
        super().__init__(services)
        self._field = field

    def name(self) -> str:
        return f"validate_{self._field}_change_form"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        if message.is_aside:
            return []
        asked = tracker.get_slot("requested_slot")
        if asked == "domain_checked" and (settled := offer_settled(tracker, message)):
            return settled
        if given := taken(self.services, self._field, message):
            return given
        if asked == "change_confirmed" and (message.said_yes or message.said_no):
            return [SlotSet("change_confirmed", "yes" if message.said_yes else "no")]
        if asked == f"new_{self._field}" and message.values:
            say_problem(self.services, dispatcher, self._field, message)
            return [SlotSet(f"new_{self._field}", None)]
        return []


class AskForNewValue(CardbotAction):
    """Asks for the new e-mail address or mobile number."""

    ends_turn = False

    def __init__(self, services: Services, field: str) -> None:
        super().__init__(services)
        self._field = field

    def name(self) -> str:
        return f"action_ask_{self._field}_change_form_new_{self._field}"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        dispatcher.utter_message(response=f"utter_ask_new_{self._field}")
        return []


class AskForConfirmation(CardbotAction):
    """Shows the new value in full and the present one masked, and asks for a clear yes."""

    ends_turn = False

    def __init__(self, services: Services, field: str) -> None:
        super().__init__(services)
        self._field = field

    def name(self) -> str:
        return f"action_ask_{self._field}_change_form_change_confirmed"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        services = self.services
        try:
            new = new_given(services, tracker, message, self._field)
        except VaultMissing:
            dispatcher.utter_message(response="utter_change_expired")
            return without_change(self._field)
        verified = services.verified_for_change(message.conversation)
        if verified is None:
            return verify_again(dispatcher, self._field)
        proposed = await services.bank.run(
            lambda: services.changes.propose(message.conversation, verified.urn, self._field, new)
        )
        if proposed is None or proposed.problem:
            problem = proposed.problem if proposed else UNAVAILABLE
            reference = proposed.reference if proposed else ""
            dispatcher.utter_message(response=problem.format(field=self._field), reference=reference)
            return may_try_again(problem, self._field) or [
                *without_change(self._field),
                *go_on(dispatcher, tracker),
            ]
        self._show(dispatcher, message, proposed)
        return []

    def _show(self, dispatcher: CollectingDispatcher, message: Message, proposed: Proposed) -> None:
        none = self.services.words.say("utter_none_at_present", message.language)
        present = MASKS[self._field](proposed.present) if proposed.present else none
        values = self.all_shown(message, present=present, new=IN_FULL[self._field](proposed.new))
        dispatcher.utter_message(
            response=f"utter_confirm_{self._field}", json_message={"proposal": proposed.nonce}, **values
        )


class ChangeContact(CardbotAction):
    """Makes the change that was just confirmed, and tells what the bank's record then says."""

    def name(self) -> str:
        return "action_change_contact"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        answer = tracker.get_slot("change_confirmed")
        field = "mobile" if tracker.get_slot("new_mobile") else "email"
        events = [*without_change("email"), *without_change("mobile")]
        if answer == "no" and message.said_no:
            self.services.journal.drop(message.conversation)
            dispatcher.utter_message(response="utter_cancelled")
        elif answer == "yes" and message.said_yes:
            undone = await self._change(dispatcher, tracker, message, field)
            if undone:
                return undone
        return events + go_on(dispatcher, tracker)

    async def _change(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message, field: str
    ) -> Events:
        """Empty, unless the change was not begun and can be: what "try again" takes up, or a new verification."""
        services = self.services
        if (made := services.changes.made_by(message.conversation, message.message_id)) is not None:
            # This turn ran before and its process died; the change itself may have ended the session since.
            tell_change(self, dispatcher, message, made)
            return []
        verified = services.verified_for_change(message.conversation)
        if verified is None:
            return self._late(dispatcher, tracker, message, field)
        change = await services.bank.run(
            lambda: services.changes.carry_out(
                message.conversation, verified.urn, message.message_id, message.proposal, message.received
            )
        )
        if change is None:
            so_far = services.changes.so_far(message.conversation, message.message_id)
            change = so_far or NotBegun(UNAVAILABLE)
        if isinstance(change, NotBegun):
            dispatcher.utter_message(response=change.problem)
            return may_try_again(change.problem, field)
        tell_change(self, dispatcher, message, change)
        return []


    def _late(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message, field: str) -> Events:
        """The yes came when its sender was no longer known: the question is asked again behind a new verification."""
        try:
            new_given(self.services, tracker, message, field)
        except VaultMissing:
            dispatcher.utter_message(response="utter_change_expired")
            return []
        return verify_again(dispatcher, field)


class ChangeSettled(CardbotAction):
    """News of a change whose end was not known when its turn ended."""

    def name(self) -> str:
        return "action_change_settled"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        change = self.services.changes.by_reference(message.conversation, message.facts["change"])
        if change is not None:
            dispatcher.utter_message(response="utter_change_news", reference=change.reference)
            tell_change(self, dispatcher, message, change)
        return []


def tell_change(action: CardbotAction, dispatcher: CollectingDispatcher, message: Message, change: Change) -> None:
    """Say what is true of the change now."""
    response = words_of(change)
    values: dict[str, Any] = {"reference": change.reference}
    if change.words is CHANGED:
        values["new"] = action.shown(message, IN_FULL[change.field](change.new) if change.new else "…")
    dispatcher.utter_message(response=response, **values)


def new_given(services: Services, tracker: Tracker, message: Message, field: str) -> str:
    """The new value that the cardholder gave; VaultMissing when its time is over."""
    ref = tracker.get_slot(f"new_{field}") or ""
    return services.vault.open(message.conversation, Direction.IN, ref, kinds=(f"new_{field}",))


def verify_again(dispatcher: CollectingDispatcher, field: str) -> Events:
    """Close the form but keep its value, and take the change up where it begins: with who is asking."""
    dispatcher.utter_message(response="utter_verify_again")
    return [
        SlotSet("change_confirmed", None),
        SlotSet("pending_request", f"update_{field}"),
        ActiveLoop(None),
        SlotSet("requested_slot", None),
        FollowupAction(f"action_update_{field}"),
    ]


def without_change(field: str) -> Events:
    """Close the form and forget where its value lies."""
    return [
        *without_new(field),
        ActiveLoop(None),
        SlotSet("requested_slot", None),
    ]


def may_try_again(problem: str, field: str) -> Events:
    """What the button of a bank that is away takes up."""
    return [*without_change(field), SlotSet("pending_request", f"update_{field}")] if problem == UNAVAILABLE else []


def forms(services: Services) -> list[Action]:
    """The actions of both forms."""
    kinds = (ValidateChangeForm, AskForNewValue, AskForConfirmation)
    return [AskForDomain(services), *(kind(services, field) for field in ("email", "mobile") for kind in kinds)]
