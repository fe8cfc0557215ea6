"""What Meta's Graph API is sent as messages, within its limits, and what its answers mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.gateway.cutting import cut, length, shorten
from bot.gateway.delivery import Accepted, GiveUp, Outcome, OutsideWindow, Part, Refusal, TryAgain
from bot.gateway.outbox import Answer
from bot.gateway.platform_api import Reply
from bot.gateway.pushed import OPERATOR_SECONDS, code_in
from bot.gateway.webhooks import object_in, objects, text_in

MAX_TEXT = 4096
MAX_BODY_TEXT = 1024
MAX_BUTTONS, MAX_BUTTON_TITLE = 3, 20
MAX_ROWS, MAX_ROW_TITLE, MAX_ROW_DESCRIPTION = 10, 24, 72

# Codes of the Graph API: Meta's reference of errors, and of its rate limits.
_OUTSIDE_WINDOW = frozenset({131047, 470})
_MOMENTARY = frozenset({1, 2, 131000, 131016, 131057, 133004})
_TOO_FAST = {4: 60.0, 80007: 60.0, 130429: 5.0, 131048: 60.0, 131056: 6.0}
# The operator has to mend these; the answers wait meanwhile.
_OPERATORS = frozenset({0, 3, 10, 33, 190, 368, 131005, 131031, 131037, 131042, 131045, 133010, *range(200, 300)})
# Nobody can mend these for this cardholder, although Meta calls some of them forbidden.
_FINAL = frozenset({
    100, 130472, 130497, 131008, 131009, 131021, 131026, 131049, 131050, 131051, 131052, 131053, 131055, 135000,
})  # fmt: skip


def parts(answer: Answer, choose: str) -> Sequence[Part]:
    """Up to three buttons as such, up to ten as a list that `choose` opens; beyond, or without any, plain text."""
    buttons = answer.buttons
    if not buttons or len(buttons) > MAX_ROWS:
        return [text_part(each) for each in cut(answer.pieces(), MAX_TEXT)]
    *before, last = cut(answer.pieces(), MAX_BODY_TEXT)
    return [*map(text_part, before), {"type": "interactive", "interactive": _choice(last, buttons, choose)}]


def text_part(text: str) -> Part:
    return {"type": "text", "text": {"body": text, "preview_url": False}}


def template_part(template: str) -> Part | None:
    """An approved template without variables, from "name" or "name:language"."""
    name, _, language = template.partition(":")
    return {"type": "template", "template": {"name": name, "language": {"code": language or "en"}}} if name else None


def _choice(text: str, buttons: Sequence[Mapping[str, str]], choose: str) -> dict[str, Any]:
    """Titles that fit and differ become buttons; else rows of a list, whose descriptions have room for the whole title."""
    titles = [each["title"] for each in buttons]
    fit = all(length(title) <= MAX_BUTTON_TITLE for title in titles) and len(set(titles)) == len(titles)
    if len(buttons) <= MAX_BUTTONS and fit:
        replies = [{"type": "reply", "reply": {"id": each["id"], "title": each["title"]}} for each in buttons]
        return {"type": "button", "body": {"text": text}, "action": {"buttons": replies}}
    rows = [_row(each["id"], each["title"]) for each in buttons]
    action = {"button": shorten(choose, MAX_BUTTON_TITLE), "sections": [{"rows": rows}]}
    return {"type": "list", "body": {"text": text}, "action": action}


def _row(button: str, title: str) -> dict[str, str]:
    short = shorten(title, MAX_ROW_TITLE)
    whole = {} if short == title else {"description": shorten(title, MAX_ROW_DESCRIPTION)}
    return {"id": button, "title": short, **whole}


def meaning(code: int | None, why: str = "", seconds: float | None = None) -> Refusal | None:
    """What one of Meta's codes means for a message, in an answer or in a later report; None if it says nothing."""
    if code in _OUTSIDE_WINDOW:
        return OutsideWindow()
    if code in _FINAL:
        return GiveUp(why)
    if code in _TOO_FAST:
        return TryAgain(why, seconds or _TOO_FAST[code])
    if code in _OPERATORS:
        return TryAgain(why, OPERATOR_SECONDS)
    return TryAgain(why, seconds) if code in _MOMENTARY else None


def outcome(reply: Reply) -> Outcome:
    """What the platform's answer to a message means."""
    accepted = objects(reply.body.get("messages"))
    if reply.is_ok and accepted:
        return Accepted(text_in(accepted[0], "id"))
    code = code_in(object_in(dict(reply.body), "error"))
    why = f"whatsapp answered {reply.status}, code {'none' if code is None else code}"
    known = meaning(code, why, reply.retry_after)
    if known is not None:
        return known
    if reply.status in (401, 403):
        return TryAgain(why, OPERATOR_SECONDS)
    if reply.status == 429 or reply.status >= 500 or reply.status < 400:
        return TryAgain(why, reply.retry_after)
    return GiveUp(why)
