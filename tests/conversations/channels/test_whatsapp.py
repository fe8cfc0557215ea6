"""WhatsApp: every kind of webhook that Meta documents, signatures, batches, reports, and what goes out."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping
from typing import Any

import pytest
import requests

from tests.conversations.cardholders import Holder
from tests.conversations.channels import platforms
from tests.conversations.channels.phones import WhatsAppPhone, recorded
from tests.conversations.channels.platforms import Call, Platforms
from tests.conversations.server import Server
from wibmo.sandbox import Sandbox


def test_somebody_who_hides_the_phone_number_is_answered_by_user_id(whatsapp: WhatsAppPhone, api: Platforms) -> None:
    webhook = recorded("whatsapp", "text_without_phone")

    whatsapp.post(webhook)

    [call, *_] = api.wait("whatsapp", "IN.9876543210987654", 0)
    assert call.body["recipient"] == "IN.9876543210987654"
    assert "to" not in call.body


def test_ten_messages_in_one_batch_are_answered_in_order(whatsapp: WhatsAppPhone) -> None:
    webhook = whatsapp.mine(recorded("whatsapp", "batch_of_ten"))
    messages = webhook["entry"][0]["changes"][0]["value"]["messages"]
    for number, message in enumerate(messages):
        message |= {"id": f"wamid.TEN{whatsapp.number}x{number}=="}
        message["text"]["body"] = "what can you do?" if number % 2 else "hello"

    whatsapp.post(webhook)
    until = time.monotonic() + 20
    while len(whatsapp.received) < 10 and time.monotonic() < until:
        time.sleep(0.1)

    texts = [call.text for call in whatsapp.received]
    assert ["I can tell you your balance, whether" in text for text in texts] == [False, True] * 5


def test_several_entries_and_changes_are_all_read(whatsapp: WhatsAppPhone) -> None:
    first, second, third = (whatsapp.text(text) for text in ("hello", "what can you do?", "thank you"))
    first["entry"][0]["changes"] += second["entry"][0]["changes"]
    first["entry"] += third["entry"]

    answers = whatsapp.answers_to(first)

    assert len(answers) == 3


def test_a_batch_that_comes_again_in_another_order_does_nothing(whatsapp: WhatsAppPhone) -> None:
    webhook = whatsapp.text("hello")
    webhook["entry"] += whatsapp.text("what can you do?")["entry"]
    answers = whatsapp.answers_to(webhook)
    webhook["entry"].reverse()

    whatsapp.post(webhook)
    whatsapp.say("thank you")

    assert len(answers) == 2
    assert len(whatsapp.received) == 3


def test_either_app_secret_signs_during_a_rotation(whatsapp: WhatsAppPhone) -> None:
    body = whatsapp.encoded(whatsapp.text("hello"))

    statuses = [whatsapp.post(body, whatsapp.headers(body, secret)).status_code for secret in platforms.APP_SECRETS]

    assert statuses == [200, 200]


@pytest.mark.parametrize("algorithm", ["sha1", "md5", "SHA256", ""])
def test_the_sender_does_not_choose_the_algorithm(whatsapp: WhatsAppPhone, algorithm: str) -> None:
    body = whatsapp.encoded(whatsapp.text("hello"))
    right = whatsapp.headers(body)["x-hub-signature-256"].partition("=")[2]

    assert whatsapp.post(body, {"x-hub-signature-256": f"{algorithm}={right}"}).status_code == 401


@pytest.mark.parametrize(
    ("token", "status"), [(platforms.VERIFY_TOKEN, 200), ("verify-you", 403), ("", 403), ("verify-mé", 403)]
)
def test_the_challenge_is_returned_to_who_knows_the_token(server: Server, token: str, status: int) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "1158201444"}

    reply = requests.get(f"{server.url}/whatsapp/webhook", params=query, timeout=10)

    assert (reply.status_code, reply.text) == (status, "1158201444" if status == 200 else "")


def test_a_challenge_cannot_be_a_page(server: Server) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": platforms.VERIFY_TOKEN, "hub.challenge": "<script>"}

    assert requests.get(f"{server.url}/whatsapp/webhook", params=query, timeout=10).status_code == 403


def test_a_batch_may_have_three_megabytes_and_no_more(whatsapp: WhatsAppPhone) -> None:
    webhook = whatsapp.text("hello")
    webhook["padding"] = "x" * (2_900_000)

    large = whatsapp.post(webhook).status_code
    webhook["padding"] += "x" * 300_000
    too_large = whatsapp.post(webhook).status_code

    assert (large, too_large) == (200, 413)


@pytest.mark.parametrize("body", ["[]", "null", "5", '"x"', "{" * 5000, '{"entry": 5}', '{"entry": [{"changes": [{"value": []}]}]}'])
def test_signed_nonsense_is_refused_or_ignored_and_never_fails(whatsapp: WhatsAppPhone, body: str) -> None:
    assert whatsapp.post(body.encode()).status_code in (200, 400)


@pytest.mark.parametrize("field", ["from", "id", "type", "text", "timestamp"])
@pytest.mark.parametrize("value", [None, 5, [], {}, "", "\ud800", "x" * 500, "a\nb\x1b[0m"])
def test_a_message_of_any_shape_never_fails(whatsapp: WhatsAppPhone, field: str, value: Any) -> None:
    assert whatsapp.post(whatsapp.mine(recorded("whatsapp", "text"), **{field: value})).status_code == 200


def test_the_answer_comes_from_the_number_that_was_written_to(whatsapp: WhatsAppPhone) -> None:
    whatsapp.say("hello")
    whatsapp.via = platforms.OTHER_NUMBER
    whatsapp.say("hello")

    assert [call.body["via"] for call in whatsapp.received] == [platforms.NUMBER, platforms.OTHER_NUMBER]


def test_four_choices_are_a_list_and_two_are_buttons(whatsapp: WhatsAppPhone) -> None:
    whatsapp.say("hello")
    whatsapp.say("are you a robot?")

    kinds_sent = [call.body["interactive"]["type"] for call in whatsapp.received]
    assert kinds_sent == ["list", "button"]


def read_mark(api: Platforms, webhook: dict[str, Any]) -> Call:
    message_id = webhook["entry"][0]["changes"][0]["value"]["messages"][0]["id"]
    [mark] = [call for call in api.others("typing") if call.body.get("message_id") == message_id]
    return mark


def test_an_answer_at_once_waits_for_no_dots_and_blue_ticks_follow(whatsapp: WhatsAppPhone, api: Platforms) -> None:
    webhook = whatsapp.text("hello")

    whatsapp.answers_to(webhook)

    mark = read_mark(api, webhook)
    assert "typing_indicator" not in mark.body
    assert mark.at > whatsapp.received[0].at


def test_blue_ticks_and_dots_come_before_an_answer_that_takes_longer(
    whatsapp: WhatsAppPhone, bank: Sandbox, holder: Holder, api: Platforms
) -> None:
    whatsapp.say("What is my balance?")
    bank.fault("verify", "latency=2")
    webhook = whatsapp.text(f"{holder.last_four}, {holder.slashed}, {holder.birthday}")
    before = len(whatsapp.received)

    whatsapp.answers_to(webhook)

    mark = read_mark(api, webhook)
    assert mark.body["typing_indicator"] == {"type": "text"}
    assert mark.at < whatsapp.received[before].at


def test_reports_are_recorded_in_any_order(whatsapp: WhatsAppPhone, server: Server) -> None:
    whatsapp.say("hello")
    message = whatsapp.received[0]
    for kind in ("status_read", "status_sent", "status_failed", "status_read"):
        report = recorded("whatsapp", kind)
        report["entry"][0]["changes"][0]["value"]["statuses"][0] |= {
            "id": message.id, "biz_opaque_callback_data": message.body["biz_opaque_callback_data"],
        }  # fmt: skip
        assert whatsapp.post(report).status_code == 200

    with sqlite3.connect(server.var / "cardbot.db") as db:
        query = "SELECT sent_at, delivered_at, read_at, failed_at, error FROM receipts WHERE provider_id = ?"
        row = db.execute(query, (message.id,)).fetchone()
    assert row == (1795000100.0, None, 1795000102.0, 1795000103.0, "131047")


def test_a_report_tells_of_an_acceptance_that_was_never_answered(whatsapp: WhatsAppPhone, api: Platforms) -> None:
    api.forgetful.append((400, {"error": {"message": "(#80007)", "code": 80007}}))
    whatsapp.say("hello")
    report = recorded("whatsapp", "status_delivered")
    report["entry"][0]["changes"][0]["value"]["statuses"][0] |= {
        "id": whatsapp.received[0].id,
        "biz_opaque_callback_data": whatsapp.received[0].body["biz_opaque_callback_data"],
    }

    whatsapp.post(report)
    after = whatsapp.say("what can you do?")

    assert len(after) == 1
    assert "I can tell you your balance, whether" in after[0]


def test_a_rate_limit_for_this_pair_is_waited_for(whatsapp: WhatsAppPhone, api: Platforms) -> None:
    api.trouble["whatsapp"].append((400, {"error": {"message": "(#131056)", "code": 131056}}))
    began = time.monotonic()

    whatsapp.say("hello")

    assert time.monotonic() - began > 5.5


def test_an_answer_that_can_never_be_delivered_lets_the_next_pass(whatsapp: WhatsAppPhone, api: Platforms) -> None:
    api.trouble["whatsapp"].append((400, {"error": {"message": "(#131026)", "code": 131026}}))
    whatsapp.post(whatsapp.text("hello"))

    assert "I can tell you your balance, whether" in whatsapp.say("what can you do?")[0]


def hints(api: Platforms, phone: WhatsAppPhone) -> list[Mapping[str, Any]]:
    return [call.body for call in api.others("hint") if call.to == phone.address]


def test_outside_the_window_a_template_hints_at_news_and_the_answers_come_when_the_cardholder_writes(
    whatsapp: WhatsAppPhone, api: Platforms
) -> None:
    api.trouble["whatsapp"].append((400, {"error": {"message": "(#131047)", "code": 131047}}))
    whatsapp.post(whatsapp.text("hello"))
    api.wait_for(lambda: hints(api, whatsapp))
    nothing = len(whatsapp.received)

    answers = whatsapp.say("what can you do?")

    [hint] = hints(api, whatsapp)
    assert (hint["type"], hint["template"]) == ("template", {"name": "card_news", "language": {"code": "en_US"}})
    assert nothing == 0
    assert "Hello!" in answers[0]
    assert "I can tell you your balance, whether" in answers[1]


def report(phone: WhatsAppPhone, kind: str, **changes: Any) -> dict[str, Any]:
    """What Meta says of the answer that this phone got first, a moment from now."""
    found, message = recorded("whatsapp", kind), phone.received[0]
    found["entry"][0]["changes"][0]["value"]["statuses"][0] |= {
        "id": message.id, "biz_opaque_callback_data": message.body["biz_opaque_callback_data"],
        "timestamp": str(int(time.time()) + 5), **changes,
    }  # fmt: skip
    return found


def test_an_answer_that_turns_out_to_be_outside_the_window_is_not_lost(whatsapp: WhatsAppPhone, api: Platforms) -> None:
    whatsapp.say("hello")

    for kind in ("status_failed", "status_failed", "status_sent", "status_failed"):
        assert whatsapp.post(report(whatsapp, kind)).status_code == 200
    api.wait_for(lambda: hints(api, whatsapp))
    answers = whatsapp.say("what can you do?")

    assert "Hello!" in answers[0]
    assert "I can tell you your balance, whether" in answers[1]
    assert len(hints(api, whatsapp)) == 1


def test_an_answer_that_can_never_be_delivered_is_not_sent_again(whatsapp: WhatsAppPhone) -> None:
    whatsapp.say("hello")

    whatsapp.post(report(whatsapp, "status_failed", errors=[{"code": 131026, "title": "Message undeliverable"}]))

    assert len(whatsapp.say("what can you do?")) == 1


def test_what_a_report_calls_by_the_name_of_another_channel_or_talk_changes_nothing(whatsapp: WhatsAppPhone) -> None:
    whatsapp.say("hello")
    tag = whatsapp.received[0].body["biz_opaque_callback_data"]

    for number, wrong in enumerate(
        (tag.replace("whatsapp:", "twilio:"), tag.replace("|", "."), tag.split("|")[0] + "|99|0|1", "whatsapp:" + "0" * 32 + "|1|0|1", "x" * 600, tag)
    ):
        changed = report(whatsapp, "status_failed", biz_opaque_callback_data=wrong, id=f"wamid.WRONG{number}")
        assert whatsapp.post(changed).status_code == 200

    assert len(whatsapp.say("what can you do?")) == 1


def test_no_value_of_a_picture_s_caption_is_kept(whatsapp: WhatsAppPhone, server: Server) -> None:
    whatsapp.answers_to(whatsapp.mine(recorded("whatsapp", "image")))

    with sqlite3.connect(server.var / "cardbot.db") as db:
        dump = "\n".join(db.iterdump())
    assert "8305 0827" not in dump
    assert whatsapp.address not in dump
    assert "Rohini Saxena" not in dump
    assert json.dumps(whatsapp.address) not in server.log()
