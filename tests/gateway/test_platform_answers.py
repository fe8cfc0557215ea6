"""What a platform's answer to a message means: accepted, again later, never, or not before the cardholder writes."""

from __future__ import annotations

from typing import Any

import pytest

from actions.settings import Secret
from bot.gateway import telegram, twilio, whatsapp_answers
from bot.gateway.delivery import Accepted, GiveUp, Outcome, OutsideWindow, TryAgain
from bot.gateway.platform_api import Reply
from bot.gateway.twilio import signature


def graph(code: int) -> dict[str, Any]:
    return {"error": {"message": f"(#{code}) words", "type": "OAuthException", "code": code}}


WHATSAPP: list[tuple[int, dict[str, Any], type[Outcome]]] = [
    (200, {"messages": [{"id": "wamid.A"}]}, Accepted),
    (200, {}, TryAgain),
    (302, {}, TryAgain),
    (400, graph(131047), OutsideWindow),
    *[(400, graph(code), TryAgain) for code in (4, 80007, 130429, 131048, 131056)],
    *[(status, graph(code), TryAgain) for status, code in ((500, 1), (503, 2), (500, 131000), (500, 131016), (503, 133004))],
    *[(status, graph(code), TryAgain) for status, code in ((401, 190), (403, 10), (403, 200), (403, 131031), (400, 133010))],
    *[(400, graph(code), TryAgain) for code in (33, 131005, 131037, 131042, 131045)],
    *[(status, graph(code), TryAgain) for status, code in ((401, 0), (500, 3), (403, 299), (403, 368), (503, 131057))],
    *[(400, graph(code), GiveUp) for code in (100, 131008, 131009, 131021, 131026, 131051, 131052, 131053, 131055, 135000)],
    *[(400, graph(code), GiveUp) for code in (130472, 131049, 131050, 132000, 132001, 132005, 132007, 132012, 132015, 132016)],
    (403, graph(130497), GiveUp),
    (502, {}, TryAgain),
    (404, {}, GiveUp),
    (400, {"error": "words"}, GiveUp),
]
TELEGRAM: list[tuple[int, dict[str, Any], type[Outcome]]] = [
    (200, {"ok": True, "result": {"message_id": 5}}, Accepted),
    (200, {"ok": False}, TryAgain),
    (429, {"ok": False, "parameters": {"retry_after": 35}}, TryAgain),
    (429, {}, TryAgain),
    (403, {"ok": False, "description": "Forbidden: bot was blocked by the user"}, GiveUp),
    (400, {"ok": False, "description": "Bad Request: chat not found"}, GiveUp),
    (401, {"ok": False, "description": "Unauthorized"}, TryAgain),
    (404, {"ok": False, "description": "Not Found"}, TryAgain),
    (502, {}, TryAgain),
]
TWILIO: list[tuple[int, dict[str, Any], type[Outcome]]] = [
    (201, {"sid": "SM1", "status": "queued"}, Accepted),
    (201, {}, TryAgain),
    (400, {"code": 63016}, OutsideWindow),
    (429, {"code": 20429}, TryAgain),
    (400, {"code": 63018}, TryAgain),
    (401, {"code": 20003}, TryAgain),
    (400, {"code": 21211}, GiveUp),
    (400, {"code": 21610}, GiveUp),
    (500, {}, TryAgain),
]
ALL = [
    *[(whatsapp_answers, *case) for case in WHATSAPP],
    *[(telegram, *case) for case in TELEGRAM],
    *[(twilio, *case) for case in TWILIO],
]


@pytest.mark.parametrize(("channel", "status", "body", "meaning"), ALL)
def test_every_documented_answer_has_one_meaning(channel: Any, status: int, body: dict[str, Any], meaning: type[Outcome]) -> None:
    assert isinstance(channel.outcome(Reply(status, body)), meaning)


@pytest.mark.parametrize(
    ("outcome", "seconds"),
    [
        (telegram.outcome(Reply(429, {"parameters": {"retry_after": 35}})), 35.0),
        (telegram.outcome(Reply(429, {"parameters": {"retry_after": "soon"}}, 7.0)), 7.0),
        (whatsapp_answers.outcome(Reply(400, graph(131056))), 6.0),
        (whatsapp_answers.outcome(Reply(429, {}, 9.0)), 9.0),
        (twilio.outcome(Reply(429, {"code": 20429}, 2.0)), 2.0),
    ],
)
def test_a_pause_that_a_platform_asks_for_is_kept(outcome: Outcome, seconds: float) -> None:
    assert isinstance(outcome, TryAgain)
    assert outcome.seconds == seconds


def test_no_words_of_a_platform_reach_the_reason() -> None:
    outcome = whatsapp_answers.outcome(Reply(400, {"error": {"message": "to 919800012345", "code": 100}}))

    assert isinstance(outcome, GiveUp)
    assert outcome.why == "whatsapp answered 400, code 100"
    assert "919800012345" not in repr(Reply(400, {"error": {"message": "to 919800012345"}}))


def test_the_signature_is_the_one_of_twilios_own_example() -> None:
    fields = [
        ("CallSid", "CA1234567890ABCDE"), ("Caller", "+12349013030"), ("Digits", "1234"), ("From", "+12349013030"),
        ("To", "+18005551212"),
    ]  # fmt: skip

    made = signature("https://mycompany.com/myapp.php?foo=1&bar=2", fields[::-1], Secret("12345"))

    assert made == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="
