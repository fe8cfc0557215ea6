"""Twilio: every kind of form, its signature over the exact address, and what goes out."""

from __future__ import annotations

import sqlite3

import pytest

from tests.conversations.channels import platforms
from tests.conversations.channels.phones import TwilioPhone, recorded
from tests.conversations.channels.platforms import Platforms
from tests.conversations.server import Server

READ = {"text", "text_with_inverted_exclamation", "button", "list"}
SILENT = {"sms", "status_callback", "another_account"}


@pytest.mark.parametrize("kind", sorted(set(kinds("twilio")) - SILENT))
def test_every_kind_of_message_is_answered(twilio: TwilioPhone, kind: str) -> None:
    answers = twilio.answers_to(twilio.mine(recorded("twilio", kind)))

    assert ("text only" in answers[0]) == (kind not in READ)


@pytest.mark.parametrize("kind", sorted(SILENT))
def test_what_is_not_for_us_gets_no_answer(twilio: TwilioPhone, kind: str) -> None:
    form = recorded("twilio", kind)

    assert twilio.post({**twilio.mine(form), "From": form["From"]}).status_code == 200
    twilio.say("hello")

    assert len(twilio.received) == 1


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
