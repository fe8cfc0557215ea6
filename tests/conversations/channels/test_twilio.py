"""Twilio: every kind of form, its signature over the exact address, and what goes out."""

from __future__ import annotations

import sqlite3

import pytest
import requests

from tests.conversations.channels import platforms
from tests.conversations.channels.phones import TwilioPhone, recorded
from tests.conversations.channels.platforms import Platforms
from tests.conversations.server import Server


def test_an_at_sign_that_came_as_an_exclamation_mark_is_sealed(twilio: TwilioPhone, server: Server) -> None:
    twilio.answers_to(twilio.mine(recorded("twilio", "text_with_inverted_exclamation")))

    with sqlite3.connect(server.var / "cardbot.db") as db:
        dump = "\n".join(db.iterdump())
    assert "my e-mail is e-mail" in dump
    assert "rohini¡" not in dump
    assert "rohini@" not in dump


def test_buttons_are_words_to_write(twilio: TwilioPhone) -> None:
    assert twilio.say("hello")[0].endswith("\n• Balance\n• Change e-mail\n• Change mobile\n• Talk to a person")


def test_a_signature_for_another_address_is_refused(twilio: TwilioPhone, server: Server) -> None:
    form = twilio.text("hello")
    headers = twilio.signed(form)

    assert twilio.post({**form, "Body": "hello!"}, headers).status_code == 403
    assert twilio.post({**form, "Extra": ""}, headers).status_code == 403


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"&&&", b"a=%ff", b"From=x" * 300])
def test_nonsense_is_refused(twilio: TwilioPhone, body: bytes) -> None:
    assert twilio.post(body, {"x-twilio-signature": "AAAA"}).status_code == 403


def test_a_rate_limit_is_waited_for(twilio: TwilioPhone, api: Platforms) -> None:
    api.trouble["twilio"].append((429, {"code": 20429, "message": "Too Many Requests", "status": 429}))

    assert "Hello!" in twilio.say("hello")[0]


def told(twilio: TwilioPhone, server: Server, kind: str, signed_for: str = "", **changes: str) -> int:
    """Twilio reports on the first answer; the status of what it is told."""
    call = twilio.received[0]
    address, form = call.body["StatusCallback"], {**recorded("twilio", kind), "MessageSid": call.id, **changes}
    headers = twilio.signed(form, signed_for or address)
    return requests.post(address.replace(platforms.PUBLIC_URL, server.url), data=form, headers=headers, timeout=20).status_code


def test_a_report_brings_the_acceptance_that_nobody_recorded(twilio: TwilioPhone, server: Server) -> None:
    twilio.say("hello")
    sid = twilio.received[0].id
    with sqlite3.connect(server.var / "cardbot.db") as db:  # as if the process had died before it wrote this down
        db.execute("UPDATE outbox SET state = 'waiting', provider_id = NULL, next_try = 1e12 WHERE provider_id = ?", (sid,))
    forged = f"{twilio.received[0].body['StatusCallback']}0"

    statuses = [told(twilio, server, "status_callback", forged), *(told(twilio, server, "status_callback") for _ in range(2))]

    assert statuses == [403, 204, 204]
    with sqlite3.connect(server.var / "cardbot.db") as db:
        assert db.execute("SELECT state FROM outbox WHERE provider_id = ?", (sid,)).fetchall() == [("sent",)]
        assert db.execute("SELECT count(*) FROM receipts WHERE provider_id = ? AND delivered_at > 0", (sid,)).fetchone() == (1,)


def test_an_answer_that_turns_out_to_be_outside_the_window_is_not_lost(twilio: TwilioPhone, server: Server, api: Platforms) -> None:
    twilio.say("hello")

    status = told(twilio, server, "status_failed")
    api.wait_for(lambda: [call for call in api.others("hint") if call.to == twilio.address])
    answers = twilio.say("what can you do?")

    assert status == 204
    assert "Hello!" in answers[0]
    assert "I can tell you your balance, whether" in answers[1]


def test_reports_are_recorded_in_any_order(twilio: TwilioPhone, server: Server) -> None:
    twilio.say("hello")

    statuses = [told(twilio, server, "status_callback", MessageStatus=each) for each in ("read", "sent", "delivered", "read", "queued")]

    assert statuses == [204] * 5
    with sqlite3.connect(server.var / "cardbot.db") as db:
        query = "SELECT sent_at > 0, delivered_at > 0, read_at > 0, failed_at, error FROM receipts WHERE provider_id = ?"
        assert db.execute(query, (twilio.received[0].id,)).fetchone() == (1, 1, 1, None, None)


def test_a_report_on_somebody_else_s_message_or_account_is_not_ours(twilio: TwilioPhone, server: Server) -> None:
    twilio.say("hello")

    for changes in ({"From": "whatsapp:+14155559999"}, {"AccountSid": "AC" + "9" * 32}, {"MessageSid": "no sid"}, {"MessageStatus": "??"}):
        assert told(twilio, server, "status_failed", **changes) == 204

    assert len(twilio.say("what can you do?")) == 1
