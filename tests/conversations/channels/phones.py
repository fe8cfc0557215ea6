"""Cardholders on WhatsApp, Telegram and Twilio: what they write reaches Cardbot as their platform's signed webhook."""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests

from tests.conversations.channels import platforms
from tests.conversations.channels.platforms import Call, Platforms

RECORDED = Path(__file__).resolve().parents[2] / "data" / "webhooks"
_numbers = itertools.count(1)


def recorded(channel: str, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RECORDED / channel / f"{kind}.json").read_text(encoding="utf-8"))
    return found


def kinds(channel: str) -> list[str]:
    return sorted(path.stem for path in (RECORDED / channel).glob("*.json"))


class Phone:
    """One cardholder; `post` delivers a webhook as the platform does, `say` and `press` also wait for the answers."""

    channel: str

    def __init__(self, url: str, api: Platforms) -> None:
        self.url = url
        self.api = api
        self.number = next(_numbers)
        self._read = 0

    @property
    def address(self) -> str:
        raise NotImplementedError

    def text(self, text: str) -> Any:
        """The webhook of a text."""
        raise NotImplementedError

    def pressed(self, button: str, title: str) -> Any:
        """The webhook of a press."""
        raise NotImplementedError

    def headers(self, body: bytes) -> dict[str, str]:
        raise NotImplementedError

    def encoded(self, webhook: Any) -> bytes:
        return json.dumps(webhook).encode()

    def post(self, webhook: Any, headers: Mapping[str, str] | None = None) -> requests.Response:
        body = webhook if isinstance(webhook, bytes) else self.encoded(webhook)
        given = self.headers(body) if headers is None else headers
        return requests.post(f"{self.url}/{self.channel}/webhook", data=body, headers=dict(given), timeout=20)

    def say(self, text: str) -> list[str]:
        return self.answers_to(self.text(text))

    def press(self, title: str) -> list[str]:
        """Press the newest button of this title."""
        shown = [button for call in self.received for button in call.buttons if button[1] == title]
        return self.answers_to(self.pressed(*shown[-1]))

    def answers_to(self, webhook: Any) -> list[str]:
        taken = self.post(webhook)
        assert taken.status_code == 200, taken.status_code
        return self.wait()

    def wait(self) -> list[str]:
        """The texts that have come since the last look, once no more come."""
        found = self.api.wait(self.channel, self.address, self._read)
        self._read += len(found)
        return [call.text for call in found]

    @property
    def received(self) -> list[Call]:
        return self.api.messages(self.channel, self.address)


class WhatsAppPhone(Phone):
    channel = "whatsapp"
    via = platforms.NUMBER

    @property
    def address(self) -> str:
        return f"9198{self.number:08d}"

    def text(self, text: str) -> dict[str, Any]:
        return self.message("text", {"body": text})

    def pressed(self, button: str, title: str) -> dict[str, Any]:
        return self.message("interactive", {"type": "button_reply", "button_reply": {"id": button, "title": title}})

    def message(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        return self.mine({**recorded("whatsapp", "text")}, type=kind, **{kind: content})

    def mine(self, webhook: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """A webhook as if from this phone, with fresh ids."""
        webhook = copy.deepcopy(webhook)
        for change in webhook["entry"][0]["changes"]:
            if change["value"]["metadata"]["phone_number_id"] == platforms.NUMBER:
                change["value"]["metadata"]["phone_number_id"] = self.via
            for contact in change["value"].get("contacts", []):
                contact["wa_id"] = self.address
            for message in change["value"].get("messages", []):
                message |= {"from": self.address, "id": f"wamid.TEST{next(_numbers):08d}==", **changes}
        return webhook

    def headers(self, body: bytes, secret: str = platforms.APP_SECRETS[0]) -> dict[str, str]:
        made = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return {"content-type": "application/json", "x-hub-signature-256": f"sha256={made}"}


class TelegramPhone(Phone):
    channel = "telegram"

    @property
    def address(self) -> str:
        return str(700_000_000 + self.number)

    def text(self, text: str) -> dict[str, Any]:
        return self.mine(recorded("telegram", "text"), text=text)

    def pressed(self, button: str, title: str) -> dict[str, Any]:
        update = self.mine(recorded("telegram", "callback_query"))
        update["callback_query"]["data"] = button
        return update

    def mine(self, update: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """An update as if from this person, with fresh ids."""
        me, update = int(self.address), copy.deepcopy(update)
        update["update_id"] = 920_000_000 + next(_numbers)
        for content in (each for each in update.values() if isinstance(each, dict)):
            for person in ("from", "user"):
                if person in content:
                    content[person]["id"] = me
            for place in (content, content.get("message", {})):
                if place.get("chat", {}).get("type") == "private":
                    place["chat"]["id"] = me
                if "message_id" in place:
                    place["message_id"] = 1000 + next(_numbers)
            content |= changes
        return update

    def headers(self, body: bytes) -> dict[str, str]:
        return {"content-type": "application/json", "x-telegram-bot-api-secret-token": platforms.BOT_SECRET}


class TwilioPhone(Phone):
    channel = "twilio"

    @property
    def address(self) -> str:
        return f"whatsapp:+9197{self.number:08d}"

    def text(self, text: str) -> dict[str, str]:
        return self.mine(recorded("twilio", "text"), Body=text)

    def press(self, title: str) -> list[str]:
        """There are no buttons here: their words are typed."""
        return self.say(title)

    def mine(self, form: dict[str, str], **changes: str) -> dict[str, str]:
        """A form as if from this phone, with fresh ids."""
        sid = f"SM{next(_numbers):032x}"
        return {**form, "MessageSid": sid, "SmsSid": sid, "From": self.address, "WaId": self.address[10:], **changes}

    def encoded(self, webhook: Any) -> bytes:
        return urlencode(webhook).encode()

    def post(self, webhook: Any, headers: Mapping[str, str] | None = None) -> requests.Response:
        if headers is None and isinstance(webhook, dict):
            headers = self.signed(webhook)
        return super().post(webhook, headers)

    def signed(self, form: Mapping[str, str], address: str = f"{platforms.PUBLIC_URL}/twilio/webhook") -> dict[str, str]:
        """Headers with Twilio's signature of a form that is posted to this address."""
        text = address + "".join(name + form[name] for name in sorted(form))
        made = base64.b64encode(hmac.new(platforms.AUTH_TOKEN.encode(), text.encode(), hashlib.sha1).digest()).decode()
        return {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": made}

    def headers(self, body: bytes) -> dict[str, str]:
        raise AssertionError("a form is signed by its fields")


PHONES: list[type[Phone]] = [WhatsAppPhone, TelegramPhone, TwilioPhone]
