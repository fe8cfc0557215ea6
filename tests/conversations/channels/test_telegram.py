"""Telegram: every kind of update, private chats only, presses, deletions, pauses, and its webhook's set-up."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from tests.conversations.cardholders import Holder
from tests.conversations.channels import platforms
from tests.conversations.channels.phones import TelegramPhone, recorded
from tests.conversations.channels.platforms import Platforms
from tests.conversations.server import Server
from wibmo.sandbox import Sandbox


def test_start_is_a_greeting(telegram: TelegramPhone) -> None:
    assert "Hello!" in telegram.answers_to(telegram.mine(recorded("telegram", "start")))[0]


def test_a_slash_is_text_like_any_other(telegram: TelegramPhone) -> None:
    answers = telegram.answers_to(telegram.mine(recorded("telegram", "slash_text")))

    assert not any("₹" in text for text in answers)


def test_a_group_gets_one_polite_refusal_and_is_left(telegram: TelegramPhone, api: Platforms) -> None:
    group = -1_000_000_000 - telegram.number
    update = telegram.mine(recorded("telegram", "group_text"))
    for _ in range(4):
        update["update_id"] += 1
        update["message"]["chat"]["id"] = group
        assert telegram.post(update).status_code == 200

    [call] = api.wait("telegram", str(group), 0)
    time.sleep(0.5)
    assert "private chat" in call.text
    assert [leave.to for leave in api.others("leave") if leave.to == str(group)] == [str(group)]
    assert telegram.received == []


def test_a_stranger_in_a_private_chat_of_somebody_else_is_nobody(telegram: TelegramPhone, api: Platforms) -> None:
    update = telegram.text("What is my balance?")
    update["message"]["chat"]["id"] += 1

    assert telegram.post(update).status_code == 200
    telegram.say("hello")

    assert len(telegram.received) == 1


def test_an_edit_of_a_message_with_details_triggers_no_second_try(telegram: TelegramPhone, holder: Holder) -> None:
    telegram.say("balance")
    wrong = f"{holder.last_four}, {holder.slashed}, 01-01-1960"
    telegram.say(wrong)
    edit = telegram.mine(recorded("telegram", "edited_message"), text=f"{holder.last_four}, {holder.slashed}, {holder.birthday}")

    telegram.post(edit)
    time.sleep(1)

    assert not any("₹" in call.text for call in telegram.received)


def test_a_message_with_details_is_deleted_from_the_chat(telegram: TelegramPhone, holder: Holder, api: Platforms) -> None:
    telegram.say("What is my balance?")
    update = telegram.text(f"{holder.last_four}, {holder.slashed}, {holder.birthday}")

    telegram.answers_to(update)

    deleted = [call.body["message_id"] for call in api.others("delete") if call.to == telegram.address]
    assert deleted == [update["message"]["message_id"]]


def test_a_press_is_answered_so_that_the_button_stops_waiting(telegram: TelegramPhone, api: Platforms) -> None:
    telegram.say("hello")
    before = len(api.others("answer"))

    telegram.press("Balance")

    assert [call.body for call in api.others("answer")[before:]] == [{"callback_query_id": "3000000000000000002"}]


def test_typing_is_shown_before_an_answer_that_takes_longer_and_before_no_other(
    telegram: TelegramPhone, bank: Sandbox, holder: Holder, api: Platforms
) -> None:
    telegram.say("What is my balance?")
    assert [call for call in api.others("typing") if call.to == telegram.address] == []
    bank.fault("verify", "latency=2")
    before = len(telegram.received)

    telegram.say(f"{holder.last_four}, {holder.slashed}, {holder.birthday}")

    [shown] = [call for call in api.others("typing") if call.to == telegram.address]
    assert shown.at < telegram.received[before].at


def test_a_button_of_another_chat_means_nothing(telegram: TelegramPhone, server: Server, api: Platforms) -> None:
    telegram.say("hello")
    button = telegram.received[-1].buttons[0]
    other = TelegramPhone(server.url, api)

    assert "earlier question" in other.answers_to(other.pressed(*button))[0]


def test_too_many_requests_are_answered_by_the_pause_that_is_asked_for(telegram: TelegramPhone, api: Platforms) -> None:
    body = {"ok": False, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 3}}
    api.trouble["telegram"].append((429, body))
    began = time.monotonic()

    telegram.say("hello")

    assert 3.0 < time.monotonic() - began < 9.0


def test_a_cardholder_who_blocked_the_bot_is_let_go(telegram: TelegramPhone, api: Platforms) -> None:
    api.trouble["telegram"].append((403, {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"}))
    telegram.post(telegram.text("hello"))

    assert "I can tell you your balance, whether" in telegram.say("what can you do?")[0]


@pytest.mark.parametrize("body", ["[]", "null", '"x"', "{" * 5000, "{}", '{"message": 5}', '{"update_id": true, "message": {}}'])
def test_nonsense_is_refused_or_ignored_and_never_fails(telegram: TelegramPhone, body: str) -> None:
    assert telegram.post(body.encode()).status_code in (200, 400)


@pytest.mark.parametrize("field", ["from", "chat", "text", "message_id", "date"])
@pytest.mark.parametrize("value", [None, "x", [], {}, -1, "\ud800"])
def test_a_message_of_any_shape_never_fails(telegram: TelegramPhone, field: str, value: Any) -> None:
    assert telegram.post(telegram.mine(recorded("telegram", "text"), **{field: value})).status_code == 200


def test_the_webhook_is_set_by_a_command_and_by_no_request(server: Server, api: Platforms) -> None:
    done = server.command("channels", "telegram", "--set-webhook", "https://cards.example/telegram/webhook")
    asked = [requests.get(f"{server.url}/telegram/{path}", timeout=10).status_code for path in ("webhook", "set_webhook")]

    assert (done.returncode, done.stderr) == (0, "")
    assert api.others("webhook")[-1].body == {
        "url": "https://cards.example/telegram/webhook",
        "secret_token": platforms.BOT_SECRET,
        "allowed_updates": ["message", "callback_query"],
    }
    assert platforms.BOT_SECRET not in done.stdout
    assert set(asked) <= {404, 405}


def test_a_webhook_without_tls_is_not_set(server: Server) -> None:
    done = server.command("channels", "telegram", "--set-webhook", "http://cards.example/telegram/webhook")

    assert done.returncode == 2
