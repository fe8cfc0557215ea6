"""WhatsApp, through Meta's Cloud API: signed webhooks come in, calls of the Graph API go out."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from sanic import HTTPResponse, Request, Sanic, response

from actions.settings import Settings
from bot.gateway import whatsapp_answers
from bot.gateway.delivery import Envelope, GiveUp, Outcome, Part
from bot.gateway.edge import Inbound
from bot.gateway.outbox import Answer
from bot.gateway.platform_api import READ_SECONDS, PlatformApi, PlatformAway, Reply
from bot.gateway.pushed import PushedChannel, code_in
from bot.gateway.receipts import STATUSES
from bot.gateway.reception import TYPING_SECONDS
from bot.gateway.reports import Report, Reports
from bot.gateway.runtime import Runtime
from bot.gateway.tags import Tag
from bot.gateway.webhooks import is_same, is_signed, json_object, object_in, objects, read_body, text_in

# Meta sends up to this in one batch.
MAX_BODY = 3 * 1024 * 1024

# Cardholders are not waiting for an answer to these.
_UNANSWERED = frozenset({"reaction", "system", "request_welcome", "edit", "revoke"})
_PHONE = re.compile(r"[0-9]{5,20}")
_USER_ID = re.compile(r"[A-Z]{2}(?:\.ENT)?\.[A-Za-z0-9]{1,128}")
_MESSAGE_ID = re.compile(r"[!-~]{1,256}")
_BUTTON_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class WhatsAppChannel(PushedChannel):
    """Meta asks at the webhook's address once, by GET. The secure card is the question in plain words."""

    name = "whatsapp"
    window = 24 * 3600.0
    reports = True

    def __init__(self, runtime: Runtime, settings: Settings, api: PlatformApi) -> None:
        super().__init__(runtime, settings, api)
        self._graph = f"{settings.whatsapp_api_base.rstrip('/')}/{settings.whatsapp_graph_version}"
        self._reports = Reports(runtime, self.name, lambda code: whatsapp_answers.meaning(code) or GiveUp("unknown"))
        self.hint = whatsapp_answers.template_part(settings.whatsapp_template)

    def register(self, app: Sanic) -> None:
        super().register(app)
        app.add_route(self.confirm, "/whatsapp/webhook", methods=["GET"], name="whatsapp_confirm")

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
        if reports := [each for value in values for each in _reports(value)]:
            await asyncio.to_thread(self._reports.note, reports)
        inbounds = [each for value in values for each in self._inbounds(value)]
        receipts = await self._reception.take(inbounds)
        newest = {each.conversation: each for each, receipt in zip(inbounds, receipts, strict=True) if receipt.stored}
        for inbound in newest.values():
            self._reception.announce(inbound, partial(self._show_read, inbound))
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
            yield self._inbound(sender, message_id, content, via)

    # ── answers ─────────────────────────────────────────────────────────────────────────────────

    def parts(self, answer: Answer, language: str) -> Sequence[Part]:
        return whatsapp_answers.parts(answer, self._runtime.services.words.say("utter_choose", language))

    def _deliver(self, envelope: Envelope) -> Reply:
        recipient = envelope.recipient
        whom = {"to" if _PHONE.fullmatch(recipient.to) else "recipient": recipient.to}
        tag = {"biz_opaque_callback_data": str(envelope.tag)} if envelope.tag else {}
        return self._call(recipient.via, {"recipient_type": "individual", **whom, **envelope.part, **tag})

    def _call(self, number: str, body: Mapping[str, Any], patience: float = READ_SECONDS) -> Reply:
        return self._api.post(
            f"{self._graph}/{number}/messages",
            headers={"Authorization": f"Bearer {self._settings.whatsapp_access_token.reveal()}"},
            json={"messaging_product": "whatsapp", **body},
            patience=patience,
        )

    def _outcome(self, reply: Reply) -> Outcome:
        return whatsapp_answers.outcome(reply)

    def _text(self, text: str) -> Part:
        return whatsapp_answers.text_part(text)

    def _show_read(self, inbound: Inbound, is_working: bool) -> None:
        """Blue ticks, and the dots if an answer is still to come: it takes them away."""
        via = inbound.recipient.via if inbound.recipient else ""
        dots = {"typing_indicator": {"type": "text"}} if is_working else {}
        with suppress(PlatformAway):  # nothing depends on it, so the answer does not wait for it for long
            self._call(via, {"status": "read", "message_id": inbound.message_id, **dots}, patience=TYPING_SECONDS)


def _sender(message: dict[str, Any]) -> str | None:
    """The phone number, or the id of somebody who hides it; nobody in a group, where one would speak for all."""
    if message.get("group_id"):
        return None
    phone, user_id = text_in(message, "from"), text_in(message, "from_user_id")
    if _PHONE.fullmatch(phone):
        return phone
    return user_id if _USER_ID.fullmatch(user_id) else None


def _reports(value: dict[str, Any]) -> Iterator[Report]:
    """What became of messages that went out."""
    for report in objects(value.get("statuses")):
        provider_id, status, at = text_in(report, "id"), text_in(report, "status"), text_in(report, "timestamp")
        if status in STATUSES and _MESSAGE_ID.fullmatch(provider_id) and _PHONE.fullmatch(at):
            codes = [code_in(each) for each in objects(report.get("errors"))]
            tag = Tag.read(text_in(report, "biz_opaque_callback_data"))
            yield Report(provider_id, status, float(at), tag, codes[0] if codes else None)


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
