"""A stand-in for the platforms' APIs: takes whatever Cardbot sends, over real HTTP, and keeps it for the guest it is meant for."""

from __future__ import annotations

import json
import secrets
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from bot.leaks.stand_in import Reply, StandIn

NUMBER_ID = "700000000000009"
ACCOUNT = "AC" + "0" * 31 + "9"
FROM = "whatsapp:+14155550199"
PUBLIC_URL = "https://leaks.example"


@dataclass(frozen=True)
class Told:
    """One message to a guest; `buttons` are their ids by title."""

    text: str = field(repr=False)
    buttons: Mapping[str, str]


class PretendPlatforms(StandIn):
    """WhatsApp, Telegram and Twilio on one port, with credentials of their own that nothing may repeat."""

    def __init__(self) -> None:
        super().__init__()
        names = ("access token", "app secret", "verify token", "webhook secret", "auth token")
        self.secrets = {name: secrets.token_urlsafe(24) for name in names}
        self.secrets["bot token"] = f"{secrets.randbelow(10**9):09}:{secrets.token_urlsafe(24)}"
        self._told: dict[tuple[str, str], list[Told]] = defaultdict(list)
        self._changed = threading.Condition()

    def settings(self) -> dict[str, str]:
        """What switches all three channels on, towards this stand-in."""
        return {
            "CARDBOT_PUBLIC_URL": PUBLIC_URL,
            "CARDBOT_WHATSAPP_ACCESS_TOKEN": self.secrets["access token"],
            "CARDBOT_WHATSAPP_APP_SECRETS": self.secrets["app secret"],
            "CARDBOT_WHATSAPP_VERIFY_TOKEN": self.secrets["verify token"],
            "CARDBOT_WHATSAPP_PHONE_NUMBER_IDS": NUMBER_ID,
            "CARDBOT_WHATSAPP_API_BASE": self.url,
            "CARDBOT_TELEGRAM_TOKEN": self.secrets["bot token"],
            "CARDBOT_TELEGRAM_SECRET_TOKEN": self.secrets["webhook secret"],
            "CARDBOT_TELEGRAM_API_BASE": self.url,
            "CARDBOT_TWILIO_ACCOUNT_SID": ACCOUNT,
            "CARDBOT_TWILIO_AUTH_TOKEN": self.secrets["auth token"],
            "CARDBOT_TWILIO_FROM": FROM,
            "CARDBOT_TWILIO_API_BASE": self.url,
        }

    def told(self, channel: str, to: str, after: int, seconds: float) -> list[Told]:
        """What this guest was told behind the first `after`; waits so long for more."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._told[channel, to]) > after, seconds)
            return self._told[channel, to][after:]

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        return 200, self._taken(path, body)

    def _taken(self, path: str, body: bytes) -> dict[str, Any]:
        number = secrets.randbelow(10**9)
        if path.startswith("/bot"):
            if path.endswith("/sendMessage"):
                self._keep("telegram", *_telegram(json.loads(body)))
            return {"ok": True, "result": {"message_id": number}}
        if path.startswith("/2010-04-01/"):
            form = dict(parse_qsl(body.decode(), keep_blank_values=True))
            self._keep("twilio", form["To"], Told(form["Body"], {}))
            return {"sid": f"SM{number:032x}", "status": "queued"}
        call = json.loads(body)
        if "status" not in call:
            self._keep("whatsapp", call["to"], _whatsapp(call))
        return {"messages": [{"id": f"wamid.{number}"}]}

    def _keep(self, channel: str, to: str, told: Told) -> None:
        with self._changed:
            self._told[channel, to].append(told)
            self._changed.notify_all()


def _telegram(call: dict[str, Any]) -> tuple[str, Told]:
    rows = call.get("reply_markup", {}).get("inline_keyboard", [])
    return str(call["chat_id"]), Told(call["text"], {each["text"]: each["callback_data"] for row in rows for each in row if "callback_data" in each})


def _whatsapp(call: dict[str, Any]) -> Told:
    if call["type"] == "text":
        return Told(call["text"]["body"], {})
    interactive = call["interactive"]
    action = interactive["action"]
    replies = [each["reply"] for each in action.get("buttons", ())]
    replies += [row for section in action.get("sections", ()) for row in section["rows"]]
    return Told(interactive["body"]["text"], {each["title"]: each["id"] for each in replies})
