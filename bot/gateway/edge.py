"""The one way in and out: seals what comes in before anything else sees it, fills in values as they leave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Connection

from actions.guard.keys import Keys
from actions.guard.recipients import Recipient
from actions.guard.storage import Storage
from actions.words import DEFAULT_LANGUAGE, Words
from bot.gateway.buttons import Buttons
from bot.gateway.conversations import Conversation, Conversations
from bot.gateway.inbox import MAX_WAITING, Inbox, Stored
from bot.gateway.languages import choose
from bot.gateway.sealing import MESSAGE, PLACEHOLDERS, SENSITIVE, seal

MAX_LENGTH = 4096
MINUTE = 60.0
MOST_REMEMBERED = 10_000
# A message's body without readable values, and the cardholder's own line as the talk shows it.
_Sealed = tuple[dict[str, Any], str]
_UNHEARD = "none"  # the open question of a conversation that has not begun

# What the secure card asks for; each value goes into the vault under the name of its field.
DETAIL_FIELDS = ("last_four", "card_expiry", "date_of_birth")
_FIELD_WORDS = {
    "last_four": PLACEHOLDERS["four_digits"],
    "card_expiry": PLACEHOLDERS["month_and_year"],
    "date_of_birth": PLACEHOLDERS["date"],
}


@dataclass(frozen=True)
class Seen:
    """How a channel saw a conversation a moment ago: which question was open, and the language it is held in."""

    expecting: str
    language: str


@dataclass(frozen=True)
class Inbound:
    """An authentic message of a channel: `kind` is text, button, details, contact or media. Its repr shows no content.

    `identity` is a pseudonym, `address` the sender's IP address where the channel knows one, `recipient` where the
    answers go on a channel that is pushed to. The text of a contact is its number if it is the sender's own, as the
    platform vouches, and empty if it is anybody else's. A talk that begins with it begins in `language`. `seen` spares
    another look at the conversation before the message is stored.
    """

    conversation: str
    identity: str
    message_id: str
    kind: str
    text: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    recipient: Recipient | None = None
    language: str = DEFAULT_LANGUAGE
    seen: Seen | None = None

    def __repr__(self) -> str:
        return f"Inbound({self.kind} {self.message_id!r} in {self.conversation!r})"


@dataclass(frozen=True)
class Receipt:
    """What became of an inbound message: stored, known already, or refused with words of domain.yml.

    `echo` is the cardholder's own line with placeholders for values; `holds_details`: the cardholder had better delete it.
    """

    stored: bool
    echo: str = ""
    holds_details: bool = False
    refusal: str | None = None
    refusal_text: str = ""


class Answering(Protocol):
    """Whoever answers what is stored here. From any thread; nothing of this may fail."""

    def foresee(self, body: Mapping[str, Any]) -> None:
        """A sealed body is about to be stored, or what it would be if nothing changes meanwhile."""

    def take_in(self, conn: Connection, stored: Stored, conversation: Conversation) -> None:
        """This message waits for no other: it may be taken in the transaction that stores it."""

    def wake(self, conversation: str, message_id: str) -> None:
        """This message is stored."""

    def drop(self, conversation: str, message_id: str) -> None:
        """This message is not stored, or not known to be, whatever was said of it before."""


class NobodyYet:
    """While the engine is loading messages only wait."""

    def foresee(self, body: Mapping[str, Any]) -> None:
        pass

    def take_in(self, conn: Connection, stored: Stored, conversation: Conversation) -> None:
        pass

    def wake(self, conversation: str, message_id: str) -> None:
        pass

    def drop(self, conversation: str, message_id: str) -> None:
        pass


class Edge:
    """Normalise, destroy, seal, neutralise; then the inbox, in one commit."""

    def __init__(
        self,
        storage: Storage,
        keys: Keys,
        inbox: Inbox,
        conversations: Conversations,
        buttons: Buttons,
        words: Words,
        clock: Callable[[], float],
        rate_per_minute: int,
    ) -> None:
        self._rate = rate_per_minute
        self._storage = storage
        self._keys = keys
        self._inbox = inbox
        self._conversations = conversations
        self._buttons = buttons
        self._words = words
        self._clock = clock
        self._refused: dict[str, float] = {}
        self.answering: Answering = NobodyYet()
        self.heard_in: Callable[[Connection, Inbound], None] = lambda conn, inbound: None

    def pseudonym(self, purpose: str, *parts: str) -> str:
        """32 hex digits that stand for a person, a device or an address."""
        return self._keys.mac(purpose, *parts)[:32]

    def receive(self, inbound: Inbound) -> Receipt:
        """Take a message in. When this returns with `stored`, it will be answered whatever crashes."""
        if len(inbound.text) > MAX_LENGTH:
            return self._refusal(inbound, "utter_too_long")
        answering = self.answering
        ahead = self._sealed_ahead(inbound, answering)
        try:
            with self._storage.begin() as conn:
                receipt = self._receive_in(conn, inbound, answering, ahead)
        except BaseException:
            answering.drop(inbound.conversation, inbound.message_id)
            raise
        if receipt.stored:
            answering.wake(inbound.conversation, inbound.message_id)
        return receipt

    def note_in(self, conn: Connection, conversation: str, intent: str, facts: Mapping[str, str]) -> None:
        """Begin a turn that no message of the cardholder began, once the caller's transaction is committed."""
        body = {"kind": "news", "intent": intent, "facts": dict(facts)}
        message_id = "news-" + self.pseudonym("news", conversation, intent, repr(sorted(facts.items())))
        if self._conversations.find_in(conn, conversation) is not None:
            self._inbox.accept_in(conn, conversation, message_id, body)

    def _sealed_ahead(self, inbound: Inbound, answering: Answering) -> tuple[Seen, _Sealed] | None:
        """A text as it is if nothing changes before it is stored, so that the work on it may begin meanwhile.

        For whoever was refused a minute ago nothing is worked out unasked.
        """
        if inbound.kind != "text" or self._clock() - self._refused.get(inbound.conversation, -MINUTE) < MINUTE:
            return None
        seen = inbound.seen or self._look_at(inbound)
        sealed = _text(inbound.text, seen)
        answering.foresee(sealed[0])
        return seen, sealed

    def _look_at(self, inbound: Inbound) -> Seen:
        with self._storage.glance() as conn:
            found = self._conversations.find_in(conn, inbound.conversation)
        return Seen(found.expecting, found.language) if found else Seen(_UNHEARD, inbound.language)

    def _receive_in(
        self, conn: Connection, inbound: Inbound, answering: Answering, ahead: tuple[Seen, _Sealed] | None
    ) -> Receipt:
        channel = inbound.conversation.split(":", 1)[0]
        begun = self._conversations.begin_later_in(conn, inbound.conversation, channel, inbound.identity, inbound.language)
        self.heard_in(conn, inbound)
        queue = self._inbox.queue_in(conn, inbound.conversation, inbound.message_id, self._clock() - MINUTE)
        conversation = begun()
        # A retry of what was stored is no new message, however busy it is.
        if queue.waiting >= MAX_WAITING and not queue.knows:
            return self._refusal(inbound, "utter_still_busy", conversation.language)
        if queue.received >= self._rate and not queue.knows:
            return self._refusal(inbound, "utter_slow_down", conversation.language)
        now = Seen(conversation.expecting, conversation.language)
        if ahead is not None and ahead[0] == now:
            body, echo = ahead[1]
        else:
            body, echo = self._sealed(conn, inbound, now)
            answering.foresee(body)
        if queue.knows:
            return Receipt(stored=False, echo=echo)
        body |= {"address": inbound.address}
        # Of an id that was stored since the look at the queue, in another conversation, a retry will know.
        stored = self._inbox.accept_new_in(conn, inbound.conversation, inbound.message_id, body)
        marks = {"message_id": inbound.message_id.rpartition(":")[2]}
        if inbound.kind == "details":
            marks["kind"] = "details"
        self._conversations.write_line_in(conn, inbound.conversation, "you", echo, marks=marks, is_held=True)
        if queue.waiting == 0:
            answering.take_in(conn, stored, conversation)
        return Receipt(stored=True, echo=echo, holds_details=_holds_details(body, conversation.expecting))

    def _sealed(self, conn: Connection, inbound: Inbound, seen: Seen) -> _Sealed:
        if inbound.kind == "button":
            return self._pressed(conn, inbound, seen.language)
        if inbound.kind == "details":
            return _details(inbound, seen.language)
        if inbound.kind == "contact":
            intent = "contact_shared" if inbound.text else "contact_of_another"
            return {"kind": "contact", "intent": intent, "language": seen.language}, "[contact]"
        if inbound.kind == "media":
            return {"kind": "media", "language": seen.language}, "[media]"
        return _text(inbound.text, seen)

    def _pressed(self, conn: Connection, inbound: Inbound, language: str) -> _Sealed:
        meaning = self._buttons.pressed_in(conn, inbound.conversation, inbound.text)
        if meaning is None:
            return {"kind": "button_gone", "language": language}, "[button]"
        return {"kind": "button", "language": language, **meaning}, meaning["title"]

    def _refusal(self, inbound: Inbound, response: str, language: str = "en") -> Receipt:
        if len(self._refused) > MOST_REMEMBERED:
            self._refused.clear()
        self._refused[inbound.conversation] = self._clock()
        return Receipt(stored=False, refusal=response, refusal_text=self._words.say(response, language))


def _holds_details(body: Mapping[str, Any], expecting: str) -> bool:
    """Whether a message says what should not stay in a chat: an answer to a sensitive question, or a card's details."""
    kinds = {each["kind"] for each in body.get("values", ())}
    if body.get("number_destroyed") or (kinds and expecting in SENSITIVE):
        return True
    return len(kinds & {"four_digits", "month_and_year", "date"}) > 1


def _text(text: str, seen: Seen) -> _Sealed:
    sealed = seal(text, expecting=seen.expecting)
    spoken = seen.language if sealed.whole else choose(sealed.text, seen.language, [span.placeholder for span in sealed.spans])
    body = {
        "kind": "text",
        "text": sealed.text,
        "values": [{"kind": span.kind, "value": span.value} for span in sealed.spans],
        "message_class": sealed.message_class,
        "whole": sealed.whole,
        "number_destroyed": bool(sealed.destroyed),
        "language": spoken,
    }
    return body, sealed.echo


def _details(inbound: Inbound, language: str) -> _Sealed:
    given = [(name, inbound.fields.get(name, "").strip()) for name in DETAIL_FIELDS]
    sealed = {name: seal(value, expecting="card_details") for name, value in given if value}
    values = [{"kind": name, "value": dict(given)[name]} for name, each in sealed.items() if not each.destroyed]
    text = ", ".join(_FIELD_WORDS[each["kind"]] for each in values) or PLACEHOLDERS[MESSAGE]
    body = {
        "kind": "details",
        "text": text,
        "values": values,
        "message_class": "other",
        "number_destroyed": any(each.destroyed for each in sealed.values()),
        "language": language,
    }
    return body, text
