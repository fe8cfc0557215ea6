"""WhatsApp, through Meta's Cloud API: signed webhooks come in, calls of the Graph API go out."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from sanic import HTTPResponse, Request, Sanic, response

from actions.guard.recipients import Recipient
from actions.settings import Settings
from bot.gateway.cutting import cut, length, shorten
from bot.gateway.delivery import Accepted, Envelope, GiveUp, Outcome, OutsideWindow, Part, TryAgain
from bot.gateway.edge import Inbound
from bot.gateway.outbox import Answer
from bot.gateway.platform_api import PlatformApi, PlatformAway, Reply
from bot.gateway.receipts import STATUSES
from bot.gateway.reception import TYPING_SECONDS, Reception
from bot.gateway.runtime import Runtime
from bot.gateway.webhooks import is_same, is_signed, json_object, object_in, objects, read_body, text_in

# Meta sends up to this in one batch.
MAX_BODY = 3 * 1024 * 1024
MAX_TEXT = 4096
MAX_BODY_TEXT = 1024
MAX_BUTTONS, MAX_BUTTON_TITLE = 3, 20
MAX_ROWS, MAX_ROW_TITLE, MAX_ROW_DESCRIPTION = 10, 24, 72

# Cardholders are not waiting for an answer to these.
_UNANSWERED = frozenset({"reaction", "system", "request_welcome", "edit", "revoke"})
_PHONE = re.compile(r"[0-9]{5,20}")
_USER_ID = re.compile(r"[A-Z]{2}(?:\.ENT)?\.[A-Za-z0-9]{1,128}")
_MESSAGE_ID = re.compile(r"[!-~]{1,256}")
_BUTTON_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TAG = re.compile(r"(whatsapp:[0-9a-f]{32})\|([0-9]{1,9})\|([0-9]{1,3})\|([0-9]{1,3})")

# Codes of the Graph API: Meta's reference of errors, and of its rate limits.
_OUTSIDE_WINDOW = frozenset({131047, 470})
_MOMENTARY = frozenset({1, 2, 131000, 131016, 131057, 133004})
_TOO_FAST = {4: 60.0, 80007: 60.0, 130429: 5.0, 131048: 60.0, 131056: 6.0}
# The operator has to mend these; the answers wait meanwhile.
_OPERATORS = frozenset({0, 3, 10, 190, 368, 131005, 131031, 131042, 131045, 133010, *range(200, 300)})
OPERATOR_SECONDS = 60.0


class WhatsAppChannel:
    """Routes /whatsapp/webhook. Its secure card is the question in plain words."""

    name = "whatsapp"
    window: float | None = 24 * 3600.0

    def __init__(self, runtime: Runtime, settings: Settings, api: PlatformApi) -> None:
        self._runtime = runtime
        self._settings = settings
        self._api = api
        self._reception = Reception(runtime, self._refuse)
        self._graph = f"{settings.whatsapp_api_base.rstrip('/')}/{settings.whatsapp_graph_version}"

    def register(self, app: Sanic) -> None:
        async def webhook(request: Request) -> HTTPResponse:
            return await self.take_webhook(request)

        app.add_route(self.confirm, "/whatsapp/webhook", methods=["GET"], name="whatsapp_confirm")
        app.add_route(webhook, "/whatsapp/webhook", methods=["POST"], name="whatsapp_webhook", stream=True)

    # ── is it authentic? ────────────────────────────────────────────────────────────────────────

    async def confirm(self, request: Request) -> HTTPResponse:
        """What Meta asks once, when the webhook is entered there."""
        token, challenge = request.args.get("hub.verify_token") or "", request.args.get("hub.challenge") or ""
        is_known = is_same(self._settings.whatsapp_verify_token.reveal(), token)
        if not is_known or request.args.get("hub.mode") != "subscribe" or not _BUTTON_ID.fullmatch(challenge):
            return response.empty(403)
        return response.text(challenge)

    async def take_webhook(self, request: Request) -> HTTPResponse:
        body = await read_body(request, MAX_BODY)
        scheme, _, signature = request.headers.get("x-hub-signature-256", "").partition("=")
        if scheme != "sha256" or not signature:
            return response.empty(401)
        if not is_signed(signature, body, self._settings.whatsapp_app_secrets):
            return response.empty(403)
        payload = json_object(body)
        if payload is None:
            return response.empty(400)
        values = list(self._values(payload))
        if any(value.get("statuses") for value in values):
            await asyncio.to_thread(self._note_reports, values)
        inbounds = [each for value in values for each in self._inbounds(value)]
        receipts = await self._reception.take(inbounds)
        newest = {each.conversation: each for each, receipt in zip(inbounds, receipts, strict=True) if receipt.stored}
        for inbound in newest.values():
            self._begin_typing(inbound)
        return response.empty(200)

    def _values(self, payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Every change of messages for one of our numbers, in order."""
        for entry in objects(payload.get("entry")):
            for change in objects(entry.get("changes")):
                value = object_in(change, "value")
                number = text_in(object_in(value, "metadata"), "phone_number_id")
                if change.get("field") == "messages" and number in self._settings.whatsapp_phone_number_ids:
                    yield value

    # ── who sends it, and what kind of message is it? ───────────────────────────────────────────

    def _inbounds(self, value: dict[str, Any]) -> Iterator[Inbound]:
        via = text_in(object_in(value, "metadata"), "phone_number_id")
        for message in objects(value.get("messages")):
            sender, content = _sender(message), _content(message)
            message_id = text_in(message, "id")
            if sender is None or content is None or not _MESSAGE_ID.fullmatch(message_id):
                continue
            pseudonym = self._runtime.edge.pseudonym
            yield Inbound(
                conversation=f"{self.name}:{pseudonym('conversation', self.name, via, sender)}",
                identity=pseudonym("identity", self.name, sender),
                message_id=message_id,
                kind=content[0],
                text=content[1],
                recipient=Recipient(sender, via),
            )

    def _note_reports(self, values: Sequence[dict[str, Any]]) -> None:
        """What became of messages that went out; a report about one of which no acceptance is known brings that too."""
        runtime = self._runtime
        with runtime.services.storage.begin() as conn:
            for report in (each for value in values for each in objects(value.get("statuses"))):
                provider_id, status, at = text_in(report, "id"), text_in(report, "status"), text_in(report, "timestamp")
                if status not in STATUSES or not _MESSAGE_ID.fullmatch(provider_id) or not _PHONE.fullmatch(at):
                    continue
                codes = [str(each["code"]) for each in objects(report.get("errors")) if isinstance(each.get("code"), int)]
                runtime.receipts.note_in(conn, self.name, provider_id, status, float(at), next(iter(codes), None))
                tag = _TAG.fullmatch(text_in(report, "biz_opaque_callback_data"))
                if tag is not None:
                    position, part, of = (int(each) for each in tag.groups()[1:])
                    runtime.outbox.known_accepted_in(conn, tag[1], position, part, of, provider_id)

    # ── answers ─────────────────────────────────────────────────────────────────────────────────

    def parts(self, answer: Answer, language: str) -> Sequence[Part]:
        """Up to three buttons as such, up to ten as a list; beyond, or without any, plain text."""
        buttons = answer.buttons
        if not buttons or len(buttons) > MAX_ROWS:
            return [_text(each) for each in cut(answer.pieces(), MAX_TEXT)]
        *before, last = cut(answer.pieces(), MAX_BODY_TEXT)
        choose = self._runtime.services.words.say("utter_choose", language)
        return [*map(_text, before), {"type": "interactive", "interactive": _choice(last, buttons, choose)}]

    def send(self, envelope: Envelope) -> Outcome:
        try:
            part = {**envelope.part, "biz_opaque_callback_data": envelope.tag}
            return outcome(self._post(envelope.recipient, part))
        except PlatformAway as error:
            return TryAgain(f"whatsapp is away: {error}")

    def _post(self, recipient: Recipient, part: Part) -> Reply:
        whom = {"to" if _PHONE.fullmatch(recipient.to) else "recipient": recipient.to}
        return self._call(recipient.via, {"recipient_type": "individual", **whom, **part})

    def _call(self, number: str, body: Mapping[str, Any]) -> Reply:
        return self._api.post(
            f"{self._graph}/{number}/messages",
            headers={"Authorization": f"Bearer {self._settings.whatsapp_access_token.reveal()}"},
            json={"messaging_product": "whatsapp", **body},
        )

    def _refuse(self, inbound: Inbound, text: str) -> None:
        if inbound.recipient is not None:
            with suppress(PlatformAway):
                self._post(inbound.recipient, _text(text))

    def _begin_typing(self, inbound: Inbound) -> None:
        """Blue ticks and the dots, which the answer takes away: so they must reach the platform before it."""
        via = inbound.recipient.via if inbound.recipient else ""
        body = {"status": "read", "message_id": inbound.message_id, "typing_indicator": {"type": "text"}}
        errands = self._runtime.delivery.errands
        errands.run(inbound.conversation, lambda: self._try(via, body), within=TYPING_SECONDS)

    def _try(self, number: str, body: Mapping[str, Any]) -> None:
        """A call on which nothing depends."""
        with suppress(PlatformAway):
            self._call(number, body)


def _sender(message: dict[str, Any]) -> str | None:
    """The phone number, or the id of somebody who hides it; nobody in a group, where one would speak for all."""
    if message.get("group_id"):
        return None
    phone, user_id = text_in(message, "from"), text_in(message, "from_user_id")
    if _PHONE.fullmatch(phone):
        return phone
    return user_id if _USER_ID.fullmatch(user_id) else None


def _content(message: dict[str, Any]) -> tuple[str, str] | None:
    """Kind and text as the edge wants them; None for what needs no answer."""
    kind = text_in(message, "type")
    if kind in _UNANSWERED:
        return None
    if kind == "interactive":
        reply = object_in(message, "interactive")
        pressed = object_in(reply, "button_reply") or object_in(reply, "list_reply")
        button = text_in(pressed, "id")
        return ("button", button if _BUTTON_ID.fullmatch(button) else "-") if pressed else ("media", "")
    text = text_in(object_in(message, "text"), "body") if kind == "text" else text_in(object_in(message, "button"), "text")
    return ("text", text) if text.strip() else ("media", "")


def _text(text: str) -> Part:
    return {"type": "text", "text": {"body": text, "preview_url": False}}


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


def outcome(reply: Reply) -> Outcome:
    """What the platform's answer to a message means."""
    accepted = objects(reply.body.get("messages"))
    if reply.is_ok and accepted:
        return Accepted(text_in(accepted[0], "id"))
    code = object_in(dict(reply.body), "error").get("code")
    why = f"whatsapp answered {reply.status}, code {code if isinstance(code, int) else 'none'}"
    if code in _OUTSIDE_WINDOW:
        return OutsideWindow()
    if code in _TOO_FAST:
        return TryAgain(why, reply.retry_after or _TOO_FAST[code])
    if code in _OPERATORS or reply.status in (401, 403):
        return TryAgain(why, OPERATOR_SECONDS)
    if code in _MOMENTARY or reply.status == 429 or reply.status >= 500 or reply.status < 400:
        return TryAgain(why, reply.retry_after)
    return GiveUp(why)
