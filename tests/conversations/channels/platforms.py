"""Stand-ins for the platforms' APIs: real HTTP, strict about what the platforms limit, recording all that was sent."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from bot.leaks.stand_in import Reply, StandIn

NUMBER, OTHER_NUMBER = "700000000000001", "700000000000002"
GRAPH = "v26.0"
ACCESS_TOKEN, APP_SECRETS, VERIFY_TOKEN = "graph-access-token", ("new-app-secret", "old-app-secret"), "verify-me"
TEMPLATE, CONTENT = "card_news:en_US", "HX0123456789abcdef0123456789abcdef"
BOT_TOKEN, BOT_SECRET = "600000001:invented-bot-token", "invented_Secret-Token-1"
ACCOUNT, AUTH_TOKEN, FROM = "AC00000000000000000000000000000001", "invented-auth-token", "whatsapp:+14155550100"

# None of these may stand in a log, not even at DEBUG.
SECRETS = (ACCESS_TOKEN, *APP_SECRETS, VERIFY_TOKEN, BOT_TOKEN, BOT_SECRET, AUTH_TOKEN)
# As behind a proxy: nothing that a request says of its own address is believed.
PUBLIC_URL = "https://cards.example"


def settings(url: str) -> dict[str, str]:
    """What switches all three channels on, towards these stand-ins; their phones are in nobody's record."""
    return {
        **{f"CARDBOT_{name}_POSSESSION": "off" for name in ("WHATSAPP", "TELEGRAM", "TWILIO")},
        "CARDBOT_PUBLIC_URL": PUBLIC_URL,
        "CARDBOT_WHATSAPP_ACCESS_TOKEN": ACCESS_TOKEN,
        "CARDBOT_WHATSAPP_APP_SECRETS": ",".join(APP_SECRETS),
        "CARDBOT_WHATSAPP_VERIFY_TOKEN": VERIFY_TOKEN,
        "CARDBOT_WHATSAPP_PHONE_NUMBER_IDS": f"{NUMBER},{OTHER_NUMBER}",
        "CARDBOT_WHATSAPP_API_BASE": url,
        "CARDBOT_WHATSAPP_TEMPLATE": TEMPLATE,
        "CARDBOT_TELEGRAM_TOKEN": BOT_TOKEN,
        "CARDBOT_TELEGRAM_SECRET_TOKEN": BOT_SECRET,
        "CARDBOT_TELEGRAM_API_BASE": url,
        "CARDBOT_TWILIO_ACCOUNT_SID": ACCOUNT,
        "CARDBOT_TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "CARDBOT_TWILIO_FROM": FROM,
        "CARDBOT_TWILIO_TEMPLATE": CONTENT,
        "CARDBOT_TWILIO_API_BASE": url,
    }


@dataclass
class Call:
    """One request that a platform took: `what` is message, hint, typing, delete, answer, leave or webhook."""

    channel: str
    what: str
    to: str
    text: str
    body: Mapping[str, Any]
    buttons: list[tuple[str, str]] = field(default_factory=list)
    id: str = ""
    at: float = field(default_factory=time.monotonic)


class Refused(Exception):
    """The platform's answer to a request that breaks its rules."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status)
        self.reply = (status, body)


class Platforms(StandIn):
    """All three on one port.

    `trouble[channel]`: replies (status, body) for the next messages, before any is taken. `forgetful`: replies that
    WhatsApp gives although it took the message.
    """

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []
        self.faults: list[str] = []
        self.trouble: dict[str, deque[Reply]] = {name: deque() for name in ("whatsapp", "telegram", "twilio")}
        self.forgetful: deque[Reply] = deque()
        self._changed = threading.Condition()

    def messages(self, channel: str, to: str | None = None) -> list[Call]:
        """What cardholders got."""
        with self._changed:
            return [c for c in self.calls if c.what == "message" and c.channel == channel and to in (None, c.to)]

    def others(self, what: str) -> list[Call]:
        with self._changed:
            return [call for call in self.calls if call.what == what]

    def wait(self, channel: str, to: str, after: int, *, seconds: float = 20.0, quiet: float = 0.8) -> list[Call]:
        """The messages to one cardholder behind the first `after`, once no more has come for a moment."""
        until = time.monotonic() + seconds
        with self._changed:
            while time.monotonic() < until:
                found = [c for c in self.calls if (c.what, c.channel, c.to) == ("message", channel, to)][after:]
                if found and time.monotonic() - found[-1].at > quiet:
                    return found
                self._changed.wait(0.1)
        raise AssertionError(f"nothing was sent to {to} on {channel}: {self.faults}")

    def wait_for(self, happened: Callable[[], object], seconds: float = 20.0) -> None:
        """Until that is so."""
        until = time.monotonic() + seconds
        with self._changed:
            while not happened():
                assert time.monotonic() < until, f"it did not happen: {self.faults}"
                self._changed.wait(0.05)

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        lowered = {name.lower(): value for name, value in headers.items()}
        with self._changed:
            try:
                if path.startswith("/bot"):
                    return self._telegram(path, json.loads(body))
                if path.startswith("/2010-04-01/"):
                    return self._twilio(path, lowered, dict(parse_qsl(body.decode(), keep_blank_values=True)))
                return self._whatsapp(path, lowered, json.loads(body))
            except Refused as refused:
                self.faults.append(f"{path.split('/')[-1]}: {refused.reply}")
                return refused.reply
            finally:
                self._changed.notify_all()

    # ── WhatsApp Cloud API ──────────────────────────────────────────────────────────────────────

    def _whatsapp(self, path: str, headers: Mapping[str, str], body: dict[str, Any]) -> Reply:
        def wrong(details: str, code: int = 100, status: int = 400) -> Refused:
            return Refused(status, {"error": {"message": details, "type": "OAuthException", "code": code}})

        if headers.get("authorization") != f"Bearer {ACCESS_TOKEN}":
            raise wrong("Invalid OAuth access token.", 190, 401)
        match = re.fullmatch(rf"/{GRAPH}/({NUMBER}|{OTHER_NUMBER})/messages", path)
        if not match or body.get("messaging_product") != "whatsapp":
            raise wrong("Unsupported post request.")
        if body.get("status") == "read":
            if body.get("typing_indicator") not in (None, {"type": "text"}) or not body.get("message_id"):
                raise wrong("typing_indicator")
            self.calls.append(Call("whatsapp", "typing", match[1], "", body))
            return 200, {"success": True}
        if self.trouble["whatsapp"]:
            return self.trouble["whatsapp"].popleft()
        if len(body.get("biz_opaque_callback_data", "")) > 512 or ("to" in body) == ("recipient" in body):
            raise wrong("Invalid parameter")
        if body.get("type") == "template":
            if body["template"] != {"name": "card_news", "language": {"code": "en_US"}}:
                raise wrong("(#132001) Template name does not exist in the translation", 132001, 404)
            self.calls.append(Call("whatsapp", "hint", body["to"], "", {**body, "via": match[1]}))
            return 200, {"messaging_product": "whatsapp", "messages": [{"id": f"wamid.HINT{len(self.calls):08d}=="}]}
        text, buttons = _whatsapp_text(body, wrong)
        to, number = body.get("to") or body["recipient"], len(self.calls)
        call = Call("whatsapp", "message", to, text, {**body, "via": match[1]}, buttons, f"wamid.FAKE{number:08d}AA==")
        self.calls.append(call)
        if self.forgetful:
            return self.forgetful.popleft()
        contact = {"input": to, "wa_id": to}
        return 200, {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": call.id}]}

    # ── Telegram Bot API ────────────────────────────────────────────────────────────────────────

    def _telegram(self, path: str, body: dict[str, Any]) -> Reply:
        def wrong(status: int, description: str) -> Refused:
            return Refused(status, {"ok": False, "error_code": status, "description": description})

        token, _, method = path.removeprefix("/bot").partition("/")
        if token != BOT_TOKEN:
            raise wrong(401, "Unauthorized")
        whats = {
            "sendMessage": "message", "sendChatAction": "typing", "deleteMessage": "delete", "leaveChat": "leave",
            "answerCallbackQuery": "answer", "setWebhook": "webhook",
        }  # fmt: skip
        if method not in whats:
            raise wrong(404, "Not Found")
        if method == "sendMessage" and self.trouble["telegram"]:
            return self.trouble["telegram"].popleft()
        text, rows = body.get("text", ""), body.get("reply_markup", {}).get("inline_keyboard", [])
        if method == "sendMessage" and not 0 < len(text.encode("utf-16-le")) // 2 <= 4096:
            raise wrong(400, "Bad Request: message is too long")
        buttons = [(each["callback_data"], each["text"]) for row in rows for each in row]
        if any(not 1 <= len(data.encode()) <= 64 or not title for data, title in buttons):
            raise wrong(400, "Bad Request: BUTTON_DATA_INVALID")
        call = Call("telegram", whats[method], str(body.get("chat_id", "")), text, body, buttons, str(len(self.calls) + 1))
        self.calls.append(call)
        return 200, {"ok": True, "result": {"message_id": int(call.id)} if method == "sendMessage" else True}

    # ── Twilio ──────────────────────────────────────────────────────────────────────────────────

    def _twilio(self, path: str, headers: Mapping[str, str], form: dict[str, str]) -> Reply:
        login = "Basic " + base64.b64encode(f"{ACCOUNT}:{AUTH_TOKEN}".encode()).decode()
        if headers.get("authorization") != login:
            raise Refused(401, {"code": 20003, "message": "Authenticate", "status": 401})
        if path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json" or form.get("From") != FROM:
            raise Refused(404, {"code": 20404, "message": "not found", "status": 404})
        if self.trouble["twilio"]:
            return self.trouble["twilio"].popleft()
        if form.get("ContentSid") == CONTENT:
            self.calls.append(Call("twilio", "hint", form["To"], "", form))
            return 201, {"sid": f"MM{len(self.calls):032x}", "status": "queued", "error_code": None}
        if not 0 < len(form.get("Body", "")) <= 1600:
            raise Refused(400, {"code": 21617, "message": "too long", "status": 400})
        call = Call("twilio", "message", form["To"], form["Body"], form, [], f"SM{len(self.calls):032x}")
        self.calls.append(call)
        return 201, {"sid": call.id, "status": "queued", "error_code": None}


def _whatsapp_text(body: dict[str, Any], wrong: Any) -> tuple[str, list[tuple[str, str]]]:
    """What the cardholder reads, and the buttons, checked against Meta's limits."""
    if body.get("type") == "text":
        text = body["text"]["body"]
        if not 0 < len(text) <= 4096:
            raise wrong("Param text['body'] must be at most 4096 characters long.")
        return text, []
    interactive = body["interactive"]
    text, action = interactive["body"]["text"], interactive["action"]
    if interactive["type"] == "button":
        replies = [each["reply"] for each in action["buttons"]]
        fit = 1 <= len(replies) <= 3 and all(0 < len(each["title"]) <= 20 for each in replies)
    else:
        replies = [row for section in action["sections"] for row in section["rows"]]
        fit = 1 <= len(replies) <= 10 and 0 < len(action["button"]) <= 20
        fit = fit and all(0 < len(each["title"]) <= 24 and len(each.get("description", "")) <= 72 for each in replies)
    titles = [each["title"] for each in replies]
    if not fit or not 0 < len(text) <= 1024 or len(set(titles)) != len(titles) or any(len(each["id"]) > 200 for each in replies):
        raise wrong("Invalid parameter in interactive")
    return text, [(each["id"], each["title"]) for each in replies]
