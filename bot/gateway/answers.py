"""From what the engine said to rows of the outbox: own copies of values, opaque buttons, a line of history."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from actions.formatting import clock_time
from actions.guard.vault import Direction
from actions.services import Services
from bot.gateway.buttons import Buttons
from bot.gateway.conversations import Conversations
from bot.gateway.outbox import FIRST, LAST, Answer, Outbox

_REFERENCE = re.compile(f"{FIRST}([A-Za-z0-9_-]{{22}}){LAST}")

# More than this many quick replies become a list to open on WhatsApp.
FEW = 3
# A press of these carries the authority of a yes or a no, for the proposal it was shown with.
_CLASSES = {"affirm": "yes", "deny": "no"}


class Answers:
    """Everything happens in the turn's own transaction."""

    def __init__(
        self, services: Services, outbox: Outbox, conversations: Conversations, buttons: Buttons
    ) -> None:
        self._services = services
        self._vault = services.vault
        self._words = services.words
        self._outbox = outbox
        self._conversations = conversations
        self._buttons = buttons

    def response(self, name: str, language: str, **values: str) -> dict[str, Any]:
        """A message that needs no engine, in the engine's form."""
        return {
            "text": self._words.say(name, language, **values),
            "buttons": self._words.buttons(name, language),
        }

    def put_in(
        self, conn: Connection, conversation: str, messages: Iterable[Mapping[str, Any]], inbox_id: int, at: float
    ) -> int:
        """Queue the messages in order; returns how many. The references in them are spent."""
        merged = _merged(messages)
        for message in merged:
            self._put_one_in(conn, conversation, message, inbox_id, at)
        return len(merged)

    def _put_one_in(
        self, conn: Connection, conversation: str, message: Mapping[str, Any], inbox_id: int, at: float
    ) -> None:
        custom = message.get("custom") or {}
        text = message.get("text") or ""
        values = {
            ref: self._vault.open_in(conn, conversation, Direction.OUT, ref) for ref in _REFERENCE.findall(text)
        }
        meanings = [(each["title"], _meaning(each["payload"], custom)) for each in message.get("buttons") or ()]
        buttons = self._buttons.issue_all_in(conn, conversation, meanings)
        answer = Answer(text, values, tuple(buttons), custom.get("card"))
        line = answer.without_values(f"[shown {clock_time(at)}]") if values else text
        marks = {"card": answer.card} if answer.card else {}
        position = self._conversations.write_line_in(conn, conversation, "bot", line, buttons, marks)
        self._outbox.add_in(conn, conversation, position(), answer, inbox_id)
        if custom.get("proposal"):
            self._services.journal.shown_in(conn, conversation)
        self._vault.spend_in(conn, conversation, values)


def _merged(messages: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rasa's channels send a response's custom part behind its text: here they are one message again."""
    merged: list[dict[str, Any]] = []
    for message in messages:
        if merged and not message.get("text") and message.get("custom"):
            merged[-1]["custom"] = {**(merged[-1].get("custom") or {}), **message["custom"]}
        elif message.get("text"):
            merged.append(dict(message))
    _leave_buttons_to_the_last(merged)
    return merged


def _leave_buttons_to_the_last(messages: list[dict[str, Any]]) -> None:
    """What may be said next is offered once, at the end of a turn: a question's own answers, or the first few of all."""
    for before in messages[: max((at for at, each in enumerate(messages) if _is(each, "onward")), default=0)]:
        before["buttons"] = []
    *earlier, last = [message for message in messages if message.get("buttons")] or [{}]
    offered = [button for message in earlier if not _is(message, "aside") for button in message["buttons"]]
    if offered and not _asks_which(last):
        together = {button["payload"]: button for button in [*offered, *last["buttons"]]}
        last["buttons"] = list(together.values())[:FEW]
    for message in earlier:
        message["buttons"] = []


def _asks_which(message: Mapping[str, Any]) -> bool:
    """Whether the buttons are the answers to its question, not hints of what may come next."""
    return any(button["payload"].startswith(("/choose:", "/affirm")) for button in message["buttons"])


def _is(message: Mapping[str, Any], mark: str) -> bool:
    """Whether an action marked a message: as an aside before an open question, or as the way on to the next request."""
    return bool((message.get("custom") or {}).get(mark))


def _meaning(payload: str, custom: Mapping[str, Any]) -> dict[str, Any]:
    """What a press will mean; "/intent:choice" says which of several."""
    intent, _, choice = payload.removeprefix("/").partition(":")
    meaning: dict[str, Any] = {"intent": intent, "message_class": _CLASSES.get(intent, "other")}
    if choice:
        meaning["facts"] = {"choice": choice}
    if custom.get("proposal"):
        meaning["proposal"] = custom["proposal"]
    return meaning
