"""Telegram's Bot API: webhooks with our secret in a header come in, calls with the bot's token go out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeGuard

from sanic import HTTPResponse, Request, response

from actions.settings import Settings
from bot.gateway.cutting import cut
from bot.gateway.delivery import Accepted, Envelope, GiveUp, Outcome, Part, TryAgain
from bot.gateway.edge import Inbound
from bot.gateway.outbox import Answer
from bot.gateway.platform_api import READ_SECONDS, PlatformApi, PlatformAway, Reply
from bot.gateway.pushed import OPERATOR_SECONDS, PushedChannel
from bot.gateway.reception import TYPING_SECONDS
from bot.gateway.webhooks import is_same, json_object, object_in, read_body, text_in

# One message that quotes another, both with every character escaped; one that is refused would come again for a day.
MAX_BODY = 256 * 1024
MAX_TEXT = 4096
ALLOWED_UPDATES = ("message", "callback_query")

# What a cardholder may send that is no text; anything else in a message is Telegram's own note.
_MEDIA = (
    "animation", "audio", "checklist", "dice", "document", "game", "giveaway", "giveaway_winners", "invoice", "live_photo",
    "location", "paid_media", "photo", "poll", "rich_message", "sticker", "story", "venue", "video", "video_note", "voice",
)  # fmt: skip
_BUTTON_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NUMBER = re.compile(r"\+?[0-9 ]{5,25}")
# The card of an answer that is shown as a keyboard with which a cardholder shares their own contact.
CONTACT_CARD = "contact"


class TelegramChannel(PushedChannel):
    """Private chats only: in a group one person's proof would serve everybody."""

    name = "telegram"

    # ── is it authentic? ────────────────────────────────────────────────────────────────────────

    async def take_webhook(self, request: Request) -> HTTPResponse:
        body = await read_body(request, MAX_BODY)
        given = request.headers.get("x-telegram-bot-api-secret-token", "")
        if not is_same(self._settings.telegram_secret_token.reveal(), given):
            return response.empty(403 if given else 401)
        update = json_object(body)
        if update is None:
            return response.empty(400)
        query = object_in(update, "callback_query")
        message = object_in(query or update, "message")
        if _is_group(message):
            self._refuse_group(message)
        inbound = self._message(update, query, message)
        if inbound is None:
            return response.empty(200)
        [receipt] = await self._reception.take([inbound])
        if query:
            self._soon(inbound, "answerCallbackQuery", {"callback_query_id": text_in(query, "id")})
        elif receipt.stored and receipt.holds_details:
            self._soon(inbound, "deleteMessage", {**_chat(inbound), "message_id": message.get("message_id")})
        if receipt.stored:
            self._reception.announce(inbound, lambda is_working: self._show_typing(inbound) if is_working else None)
        return response.empty(200)

    # ── who sends it, and what kind of message is it? ───────────────────────────────────────────

    def _message(self, update: dict[str, Any], query: dict[str, Any], message: dict[str, Any]) -> Inbound | None:
        sender, update_id = object_in(query or message, "from"), update.get("update_id")
        who, chat = sender.get("id"), object_in(message, "chat")
        if not _is_id(who) or not _is_id(update_id) or sender.get("is_bot"):
            return None
        if chat.get("type") != "private" or chat.get("id") != who:
            return None
        content = _pressed(query) if query else _content(message)
        if content is None:
            return None
        return self._inbound(str(who), str(update_id), content)

    def _refuse_group(self, message: dict[str, Any]) -> None:
        """Say once why, and leave."""
        chat = object_in(message, "chat").get("id")
        if not _is_id(chat) or not self._reception.is_first(f"{self.name}:group {chat}"):
            return
        text = self._runtime.services.words.say("utter_private_only")

        def say_and_leave() -> None:
            self._try("sendMessage", {"chat_id": chat, **self._text(text)})
            self._try("leaveChat", {"chat_id": chat})

        self._runtime.delivery.errands.run(f"{self.name}:group {chat}", say_and_leave)

    # ── answers ─────────────────────────────────────────────────────────────────────────────────

    def parts(self, answer: Answer, language: str) -> Sequence[Part]:
        """The buttons stand below the last part, one in a row; their ids are within Telegram's 64 bytes."""
        *before, last = cut(answer.pieces(), MAX_TEXT)
        rows = [[{"text": each["title"], "callback_data": each["id"]}] for each in answer.buttons]
        keyboard = {"reply_markup": {"inline_keyboard": rows}} if rows else {}
        if answer.card == CONTACT_CARD:
            keyboard = {"reply_markup": _contact_keyboard(self._runtime.services.words.say("utter_share_contact", language))}
        return [*map(self._text, before), {**self._text(last), **keyboard}]

    def _deliver(self, envelope: Envelope) -> Reply:
        return self._call("sendMessage", {"chat_id": int(envelope.recipient.to), **envelope.part})

    def _outcome(self, reply: Reply) -> Outcome:
        return outcome(reply)

    def _text(self, text: str) -> Part:
        return {"text": text, "link_preview_options": {"is_disabled": True}}

    def _call(self, method: str, body: Mapping[str, Any], patience: float = READ_SECONDS) -> Reply:
        return _call(self._api, self._settings, method, body, patience)

    def _try(self, method: str, body: Mapping[str, Any]) -> None:
        """A call on which nothing depends: the answer behind it does not wait for it for long."""
        with suppress(PlatformAway):
            self._call(method, body, patience=TYPING_SECONDS)

    def _show_typing(self, inbound: Inbound) -> None:
        self._try("sendChatAction", {**_chat(inbound), "action": "typing"})

    def _soon(self, inbound: Inbound, method: str, body: Mapping[str, Any]) -> None:
        self._runtime.delivery.errands.run(inbound.conversation, lambda: self._try(method, body))


def set_webhook(api: PlatformApi, settings: Settings, url: str) -> Reply:
    """Tell Telegram where to bring what is written to the bot; raises PlatformAway."""
    secret = settings.telegram_secret_token.reveal()
    return _call(api, settings, "setWebhook", {"url": url, "secret_token": secret, "allowed_updates": ALLOWED_UPDATES})


def _call(
    api: PlatformApi, settings: Settings, method: str, body: Mapping[str, Any], patience: float = READ_SECONDS
) -> Reply:
    base = settings.telegram_api_base.rstrip("/")
    return api.post(f"{base}/bot{settings.telegram_token.reveal()}/{method}", json=body, patience=patience)


def _is_id(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_group(message: dict[str, Any]) -> bool:
    return object_in(message, "chat").get("type") in ("group", "supergroup")


def _chat(inbound: Inbound) -> dict[str, int]:
    return {"chat_id": int(inbound.recipient.to)} if inbound.recipient else {}


def _pressed(query: dict[str, Any]) -> tuple[str, str]:
    button = text_in(query, "data")
    return "button", button if _BUTTON_ID.fullmatch(button) else "-"


def _content(message: dict[str, Any]) -> tuple[str, str] | None:
    """Kind and text as the edge wants them; None for what needs no answer."""
    text = text_in(message, "text")
    if text.strip():
        return "text", "hello" if text.split()[0] == "/start" else text
    if "contact" in message:
        return "contact", _own_number(message)
    return ("media", "") if any(kind in message for kind in _MEDIA) else None


def _contact_keyboard(title: str) -> dict[str, Any]:
    button = {"text": title, "request_contact": True}
    return {"keyboard": [[button]], "one_time_keyboard": True, "resize_keyboard": True}


def _own_number(message: dict[str, Any]) -> str:
    """The number of the contact that its sender shared of themselves; empty for anybody else's, and for a forwarded one.

    Telegram itself names whose contact it is. A forwarded one may be older than the number.
    """
    contact, sender = object_in(message, "contact"), object_in(message, "from")
    is_own = _is_id(contact.get("user_id")) and contact.get("user_id") == sender.get("id")
    number = text_in(contact, "phone_number")
    if not is_own or any(name.startswith("forward") for name in message) or not _NUMBER.fullmatch(number):
        return ""
    return number


def outcome(reply: Reply) -> Outcome:
    """What the platform's answer to a message means."""
    if reply.is_ok and reply.body.get("ok") is True:
        return Accepted(str(object_in(dict(reply.body), "result").get("message_id", "")) or "unknown")
    why = f"telegram answered {reply.status}"
    if reply.status == 429:
        asked = object_in(dict(reply.body), "parameters").get("retry_after")
        return TryAgain(why, float(asked) if _is_id(asked) else reply.retry_after)
    if reply.status in (401, 404):  # no such bot: the operator has to mend that, the answers wait meanwhile
        return TryAgain(why, OPERATOR_SECONDS)
    if 400 <= reply.status < 500:
        return GiveUp(why)
    return TryAgain(why, reply.retry_after)
