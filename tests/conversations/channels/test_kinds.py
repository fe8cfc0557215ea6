"""Every kind of webhook that the platforms document, replayed as a signed request: a kind answer, or rightly none."""

from __future__ import annotations

import json
import re
import sqlite3
from typing import Any

import pytest

from tests.conversations.channels.phones import PHONES, RECORDED, Phone, WhatsAppPhone, kinds, recorded
from tests.conversations.channels.platforms import Platforms
from tests.conversations.server import Server

# Text of the cardholder, however it came.
READ = {
    "whatsapp": {
        "text", "text_reply", "text_from_ad", "text_forwarded", "text_about_product", "text_with_changed_identity", "template_button",
    },
    "telegram": {
        "text", "start", "slash_text", "text_reply", "text_forwarded", "text_in_topic", "text_via_bot", "text_with_entities",
    },
    "twilio": {
        "text", "text_with_inverted_exclamation", "button", "list", "text_forwarded", "text_forwarded_often", "text_reply",
        "text_from_ad",
    },
}  # fmt: skip
# Presses of buttons that nobody issued.
GONE = {
    "whatsapp": {"button_reply", "list_reply"},
    "telegram": {"callback_query", "callback_query_game", "callback_query_old_message"},
    "twilio": set(),
}
# What cannot be read is said to be so.
TEXT_ONLY = {
    "whatsapp": {
        "address_reply", "audio", "call_permission_reply", "contacts", "document", "flow_reply", "image", "image_with_reply",
        "location", "order", "payment_method_reply", "sticker", "unknown", "unsupported", "video", "voice",
    },
    "telegram": {
        "animation", "audio", "checklist", "dice", "document", "game", "giveaway", "giveaway_winners", "invoice", "live_photo",
        "location", "paid_media", "photo", "photo_album", "poll", "rich_message", "sticker", "story", "venue", "video",
        "video_note", "voice",
    },
    "twilio": {
        "contacts", "document", "flow_reply", "image", "image_with_words", "location", "order", "sticker", "unsupported", "video",
        "voice",
    },
}  # fmt: skip
# Tested where they matter.
ELSEWHERE = {
    "whatsapp": {"text_without_phone", "batch_of_ten"},
    "telegram": {"contact", "contact_of_somebody_else"},
    "twilio": {"text_without_phone"},
}
ANSWERED = [(phone, kind) for phone in PHONES for table in (READ, GONE, TEXT_ONLY) for kind in sorted(table[phone.channel])]
SILENT = [
    (phone, kind)
    for phone in PHONES
    for kind in kinds(phone.channel)
    if all(kind not in table[phone.channel] for table in (READ, GONE, TEXT_ONLY, ELSEWHERE))
]


def name(value: Any) -> str:
    return value if isinstance(value, str) else str(getattr(value, "channel", ""))


def webhook(phone: Phone, kind: str) -> Any:
    """As recorded, from this phone if it is a cardholder's message."""
    found = recorded(phone.channel, kind)
    if isinstance(phone, WhatsAppPhone):
        values = [change["value"] for entry in found["entry"] for change in entry["changes"]]
        return phone.mine(found) if any("messages" in value and "metadata" in value for value in values) else found
    mine = phone.mine(found)  # type: ignore[attr-defined]  # every phone has it
    return mine if phone.channel == "telegram" or "MessageStatus" not in found else {**mine, "From": found["From"]}


@pytest.fixture(scope="module")
def replies(server: Server, api: Platforms) -> dict[tuple[str, str], list[str]]:
    """What each kind was answered, each from a cardholder of its own, all at once."""
    phones = [(kind, make(server.url, api)) for make, kind in ANSWERED]
    for kind, phone in phones:
        assert phone.post(webhook(phone, kind)).status_code == 200, (phone.channel, kind)
    found = {}
    for kind, phone in phones:
        calls = api.wait(phone.channel, phone.address, 0, quiet=0.0)
        found[phone.channel, kind] = [call.text for call in calls]
    return found


@pytest.mark.parametrize(("phone", "kind"), ANSWERED, ids=name)
def test_every_kind_of_message_is_answered(replies: dict[tuple[str, str], list[str]], phone: type[Phone], kind: str) -> None:
    [answer] = replies[phone.channel, kind]

    assert ("text only" in answer) == (kind in TEXT_ONLY[phone.channel])
    assert ("earlier question" in answer) == (kind in GONE[phone.channel])


def traces(server: Server) -> dict[str, int]:
    with sqlite3.connect(server.var / "cardbot.db") as db:
        return {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("inbox", "conversations", "outbox", "vault")}


@pytest.mark.parametrize(("phone", "kind"), SILENT, ids=name)
def test_what_asks_for_no_answer_leaves_no_trace(
    server: Server, api: Platforms, replies: dict[tuple[str, str], list[str]], phone: type[Phone], kind: str
) -> None:
    sender, before = phone(server.url, api), traces(server)

    status = sender.post(webhook(sender, kind)).status_code

    assert status in (200, 204)
    assert traces(server) == before
    assert sender.received == []


def documented() -> list[tuple[str, list[str]]]:
    """Names of fields, messages, updates and reports that the platforms' references hold."""
    found: dict[str, list[str]] = json.loads((RECORDED / "documented.json").read_text(encoding="utf-8"))
    return list(found.items())


@pytest.mark.parametrize(("channel", "names"), documented(), ids=name)
def test_every_documented_kind_is_recorded(channel: str, names: list[str]) -> None:
    everything = "\n".join(str(recorded(channel, kind)) for kind in kinds(channel))

    missing = sorted(each for each in names if not re.search(rf"'{each}'", everything))

    assert missing == []
