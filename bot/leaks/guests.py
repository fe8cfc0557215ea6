"""Guests on every channel: they say things over HTTP as the widget or the platform would, and read what comes back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import time
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import requests

from bot.leaks.planted import Planted
from bot.leaks.platforms import ACCOUNT, FROM, NUMBER_ID, PUBLIC_URL, PretendPlatforms

QUIET = 0.3
LONGEST = 45.0
PUSHED = ("whatsapp", "telegram", "twilio")
_numbers = itertools.count(1)


class TalkFailed(Exception):
    """The talk took another course than the one that plants everything; its text holds no value."""


class Guest:
    """`say` raises TalkFailed unless `part` comes back; with `part=None` it waits for nothing."""

    channel: str

    def say(self, text: str, part: str | None = "") -> None:
        raise NotImplementedError

    def details(self, last_four: str, expiry: str, born: str, part: str | None = "") -> None:
        """The three details, in the secure card where there is one, else in one message."""
        self.say(f"{last_four}, {expiry}, {born}", part)

    def press(self, title: str, part: str = "", *, shown: str = "") -> None:
        """Press the newest button of this title; `shown` is what stands in the request as its title."""
        raise NotImplementedError

    def show(self, words: str, number: str) -> None:
        """A picture with words below it, and a contact with a number: where the channel has such things."""

    def look_back(self) -> None:
        """The whole talk again, where the channel can show it."""

    def wait(self, part: str) -> None:
        """Until these words came; TalkFailed if they do not."""
        told, until = "", time.monotonic() + LONGEST
        while time.monotonic() < until:
            told += self._arrived()
            if told and part in told:
                return
        raise TalkFailed(f"{self.channel}: the talk did not come to {part!r}" if told else f"{self.channel}: no answer came")

    def _arrived(self) -> str:
        """What comes before the next pause."""
        raise NotImplementedError


class WebGuest(Guest):
    """The widget's requests, without its page."""

    channel = "web"

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = requests.Session()
        self._http.headers["X-Cardbot"] = "1"
        self._http.auth = self._show_cookies
        self._last = 0
        self._buttons: dict[str, str] = {}
        self._http.post(f"{url}/web/session", json={}, timeout=10).raise_for_status()

    def say(self, text: str, part: str | None = "") -> None:
        self._send({"type": "text", "text": text}, part)

    def details(self, last_four: str, expiry: str, born: str, part: str | None = "") -> None:
        self._send({"type": "details", "last_four": last_four, "card_expiry": expiry, "date_of_birth": born}, part)

    def press(self, title: str, part: str = "", *, shown: str = "") -> None:
        self._send({"type": "button", "button": self._buttons[title], "title": shown or title}, part)

    def look_back(self) -> None:
        self._last = 0
        self.wait("")

    @property
    def cookies(self) -> str:
        return "; ".join(f"{each.name}={each.value}" for each in self._http.cookies)

    def try_to_say(self, text: str) -> None:
        """Say it once, whatever comes of it."""
        self._http.post(f"{self._url}/web/messages", json={"id": uuid.uuid4().hex, "type": "text", "text": text}, timeout=30)

    def _send(self, body: dict[str, Any], part: str | None) -> None:
        answer = self._http.post(f"{self._url}/web/messages", json={"id": uuid.uuid4().hex, **body}, timeout=20)
        if answer.status_code != 202:
            raise TalkFailed(f"a message was answered with {answer.status_code}")
        if part is not None:
            self.wait(part)
            self._http.post(f"{self._url}/web/acks", json={"last": self._last}, timeout=10)

    def _arrived(self) -> str:
        texts: list[str] = []
        try:
            with self._http.get(
                f"{self._url}/web/events", params={"after": self._last}, stream=True, timeout=(5, QUIET)
            ) as stream:
                for line in stream.iter_lines(chunk_size=1, decode_unicode=True):
                    if line.startswith("data: {") and '"text"' in line:
                        texts += self._taken(json.loads(line.removeprefix("data: ")))
        except requests.RequestException:  # silence
            pass
        time.sleep(0.05)
        return "\n".join(texts)

    def _taken(self, message: dict[str, Any]) -> list[str]:
        self._last = max(self._last, message["id"])
        self._buttons |= {each["title"]: each["id"] for each in message["buttons"]}
        return [] if message["from"] == "you" else [message["text"]]

    def _show_cookies(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """They are for https alone; a proxy would stand between."""
        if self.cookies:
            request.headers["cookie"] = self.cookies
        return request


class PhoneGuest(Guest):
    """One mobile number on one platform, under the cardholder's name."""

    def __init__(self, channel: str, url: str, platforms: PretendPlatforms, who: Planted, number: str) -> None:
        self.channel = channel
        self._url = url
        self._platforms = platforms
        self._name = f"{who.first_name} {who.last_name}"
        self._number = number
        self._heard = 0
        self._buttons: dict[str, str] = {}
        self._said = ""

    @property
    def _address(self) -> str:
        return {"whatsapp": f"91{self._number}", "telegram": self._number, "twilio": f"whatsapp:+91{self._number}"}[self.channel]

    def say(self, text: str, part: str | None = "") -> None:
        self._post(_TEXT[self.channel](self._address, self._name, text))
        if part is not None:
            self.wait(part)

    def press(self, title: str, part: str = "", *, shown: str = "") -> None:
        if self.channel == "twilio":  # there are no buttons here: their words are typed
            self._post(_form(self._address, self._name, title) | {"ButtonText": shown or title, "ButtonPayload": shown or title})
        else:
            self._post(_PRESSED[self.channel](self._address, self._name, self._buttons[title], shown or title))
        self.wait(part)

    def show(self, words: str, number: str) -> None:
        for webhook in _SHOWN[self.channel](self._address, self._name, words, number):
            self._post(webhook)
            self.wait("")

    def _post(self, webhook: dict[str, Any]) -> None:
        body = urlencode(webhook) if self.channel == "twilio" else json.dumps(webhook)
        headers = _signed(self.channel, body.encode(), webhook, self._platforms.secrets)
        answer = requests.post(f"{self._url}/{self.channel}/webhook", data=body.encode(), headers=headers, timeout=20)
        if answer.status_code != 200:
            raise TalkFailed(f"a webhook of {self.channel} was answered with {answer.status_code}")

    def _arrived(self) -> str:
        told = self._platforms.told(self.channel, self._address, self._heard, QUIET)
        self._heard += len(told)
        for each in told:
            self._buttons |= each.buttons
        return "\n".join(each.text for each in told)


# ── webhooks, as the platforms document them ────────────────────────────────────────────────────────


def _meta(address: str, name: str, **message: Any) -> dict[str, Any]:
    said = {"from": address, "id": f"wamid.LEAKS{next(_numbers):08}", "timestamp": str(int(time.time())), **message}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "911140000000", "phone_number_id": NUMBER_ID},
        "contacts": [{"profile": {"name": name}, "wa_id": address}],
        "messages": [said],
    }
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]}


def _meta_text(address: str, name: str, text: str) -> dict[str, Any]:
    return _meta(address, name, type="text", text={"body": text})


def _meta_pressed(address: str, name: str, button: str, title: str) -> dict[str, Any]:
    reply = {"type": "button_reply", "button_reply": {"id": button, "title": title}}
    return _meta(address, name, type="interactive", interactive=reply)


def _person(address: str, name: str) -> dict[str, Any]:
    first, _, last = name.partition(" ")
    return {"id": int(address), "is_bot": False, "first_name": first, "last_name": last, "username": f"{first}{last}".lower()}


def _telegram_text(address: str, name: str, text: str) -> dict[str, Any]:
    number, person = next(_numbers), _person(address, name)
    chat = {"id": int(address), "type": "private", "first_name": person["first_name"]}
    message = {"message_id": number, "from": person, "chat": chat, "date": int(time.time()), "text": text}
    return {"update_id": 910_000_000 + number, "message": message}


def _telegram_pressed(address: str, name: str, button: str, title: str) -> dict[str, Any]:
    update = _telegram_text(address, name, title)
    message = update.pop("message")
    message["reply_markup"] = {"inline_keyboard": [[{"text": title, "callback_data": button}]]}
    return {**update, "callback_query": {"id": "1", "from": message["from"], "message": message, "data": button}}


def _form(address: str, name: str, text: str) -> dict[str, str]:
    sid = f"SM{next(_numbers):032x}"
    return {
        "MessageSid": sid, "SmsSid": sid, "AccountSid": ACCOUNT, "From": address, "To": FROM, "Body": text, "NumMedia": "0",
        "ProfileName": name, "WaId": address.removeprefix("whatsapp:+"),
    }  # fmt: skip


def _meta_shown(address: str, name: str, words: str, number: str) -> list[dict[str, Any]]:
    contact = {"name": {"formatted_name": name, "first_name": name}, "phones": [{"phone": f"+91 {number}", "wa_id": f"91{number}", "type": "HOME"}]}
    return [
        _meta(address, name, type="image", image={"caption": words, "mime_type": "image/jpeg", "sha256": "AA==", "id": "1"}),
        _meta(address, name, type="contacts", contacts=[contact]),
    ]


def _telegram_shown(address: str, name: str, words: str, number: str) -> list[dict[str, Any]]:
    picture, contact = _telegram_text(address, name, ""), _telegram_text(address, name, "")
    for update in (picture, contact):
        del update["message"]["text"]
    picture["message"] |= {"photo": [{"file_id": "A", "width": 90, "height": 90}], "caption": words}
    contact["message"]["contact"] = {"phone_number": f"91{number}", "first_name": name, "user_id": int(address)}
    return [picture, contact]


def _twilio_shown(address: str, name: str, words: str, number: str) -> list[dict[str, Any]]:
    picture = _form(address, name, words) | {"NumMedia": "1", "MediaContentType0": "image/jpeg", "MediaUrl0": "https://leaks.example/1"}
    return [picture, _form(address, name, "") | {"NumMedia": "1", "MediaContentType0": "text/vcard", "Label": number}]


_SHOWN: Mapping[str, Any] = {"whatsapp": _meta_shown, "telegram": _telegram_shown, "twilio": _twilio_shown}
_TEXT: Mapping[str, Any] = {"whatsapp": _meta_text, "telegram": _telegram_text, "twilio": _form}
_PRESSED: Mapping[str, Any] = {"whatsapp": _meta_pressed, "telegram": _telegram_pressed}


def _signed(channel: str, body: bytes, webhook: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, str]:
    if channel == "telegram":
        return {"content-type": "application/json", "x-telegram-bot-api-secret-token": known["webhook secret"]}
    if channel == "whatsapp":
        made = hmac.new(known["app secret"].encode(), body, hashlib.sha256).hexdigest()
        return {"content-type": "application/json", "x-hub-signature-256": f"sha256={made}"}
    text = f"{PUBLIC_URL}/twilio/webhook" + "".join(name + webhook[name] for name in sorted(webhook))
    made = base64.b64encode(hmac.new(known["auth token"].encode(), text.encode(), hashlib.sha1).digest()).decode()
    return {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": made}
