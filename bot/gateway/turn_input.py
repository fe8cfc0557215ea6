"""What a turn of the engine begins with, and which question it leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.engine.engine import Turn, TurnInput
from bot.engine.tracker_store import Last
from bot.gateway.conversations import Conversation
from bot.gateway.inbox import Waiting
from bot.gateway.request_words import request_words

# A message that was sealed whole says no more than its class; the class says what is wanted.
CLASS_INTENTS = {
    "question": "ask_why_verify",
    "cancel": "cancel",
    "human": "talk_to_human",
    "lost_card": "report_lost_card",
    "greeting": "greet",
    "yes": "affirm",
    "no": "deny",
    "again": "try_again",
    "resend": "resend_code",
}
# Whose words are one of a closed list.
_CLOSED = ("yes", "no", "again", "resend")
EXPECTING = {
    ("card_details_form", "last_four"): "card_details",
    ("card_details_form", "card_expiry"): "card_details",
    ("card_details_form", "date_of_birth"): "card_details",
    ("contact_details_form", "urn"): "contact_details",
    ("contact_details_form", "registered_mobile"): "contact_details",
    ("contact_details_form", "registered_email"): "contact_details",
    ("email_change_form", "new_email"): "new_email",
    ("mobile_change_form", "new_mobile"): "new_mobile",
    ("email_change_form", "domain_checked"): "confirmation",
    ("email_change_form", "change_confirmed"): "confirmation",
    ("mobile_change_form", "change_confirmed"): "confirmation",
    ("code_form", "one_time_code"): "one_time_code",
}


@dataclass(frozen=True)
class Work:
    """A message that this process holds the lease for, with its values in the vault."""

    message: Waiting
    conversation: Conversation
    references: list[dict[str, str]]
    last: Last | None = None  # row of the tracker, when the lease was taken


def turn_input(work: Work, language: str, address: str) -> TurnInput:
    """The message as the engine may see it: words, references (`address` is its sender's), and the intent where the edge knows it."""
    body = work.message.body
    message_class = body.get("message_class", "other")
    intent = body.get("intent")
    if body["kind"] == "details" or (body["kind"] == "text" and body["whole"]):
        intent = CLASS_INTENTS.get(message_class, "provide_details")
    elif message_class in _CLOSED or (message_class == "cancel" and _answers(work)):
        intent = CLASS_INTENTS[message_class]
    return TurnInput(
        conversation=work.conversation.id,
        text=_words(body) or str(intent),
        intent=intent,
        slots={"language": language},
        last=work.last,
        metadata={
            "message_id": work.message.message_id,
            "received": work.message.received,
            "identity": work.conversation.identity,
            "message_class": message_class,
            "language": language,
            "values": work.references,
            "address": address,
            "number_destroyed": body.get("number_destroyed", False),
            "proposal": body.get("proposal"),
            "facts": body.get("facts", {}),
        },
    )


def words_to_interpret(body: Mapping[str, Any]) -> str | None:
    """What the model will be asked about, as far as the message alone tells; None where its intent is known."""
    if body["kind"] != "text" or body["whole"] or body.get("message_class") in _CLOSED:
        return None
    return _words(body)


def expecting_after(turn: Turn) -> str:
    """The question that is open when this turn has ended."""
    return EXPECTING.get((turn.active_loop or "", turn.requested_slot or ""), "none")


def _answers(work: Work) -> bool:
    """Whether a message holds a value while a question is open: "stop, not that one" would read as an answer."""
    return bool(work.message.body.get("values")) and work.conversation.expecting != "none"


def _words(body: Mapping[str, Any]) -> str:
    if body["kind"] == "text":
        return request_words(body["text"], [each["kind"] for each in body["values"]])
    return str(body.get("text") or body.get("title") or "")
