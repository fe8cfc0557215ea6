"""What one turn takes and gives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.engine.actions_in_process import ActionRunner
from bot.engine.engine import Engine, EngineError, TurnInput
from bot.engine.tracker_store import SqlTrackerStore
from bot.engine.training import ModelRefused, note_of
from tests.engine.conftest import Clock, Shop, words
from tests.engine.shop import Hang

Run = Callable[..., Any]

SLASH_TEXTS = (
    '/greet{"nickname": "mallory"}', '  /greet{"nickname": "mallory"}', '/greet@1.0{"nickname": "mallory"}',
    '/order{"size": "small"}', "/restart", "/session_start", "/back", "/order_form", '/SetSlots(size=small)',
    '/hello{"nickname": "mallory"}', "EXTERNAL: greet",
)  # fmt: skip


def test_a_turn_answers_and_says_where_the_talk_stands(shop: Shop, run: Run) -> None:
    turn = run(shop.say("order"))

    assert words(turn) == ["Which size?"]
    assert turn.messages[0]["buttons"] == [
        {"title": "Small", "payload": "small"},
        {"title": "Large", "payload": "large"},
    ]
    assert (turn.intent, turn.confidence) == ("order", 1.0)
    assert (turn.active_loop, turn.requested_slot) == ("order_form", "size")
    assert turn.slots["requested_slot"] == "size"
    assert turn.failed == ()


def test_a_form_is_filled_over_several_turns_with_a_question_in_between(shop: Shop, run: Run) -> None:
    said = run(shop.talk("order", "why", "huge", "small", "why", "blue", "hello"))

    assert said == [
        ["Which size?"],
        ["Because we make it for you.", "Which size?"],
        ["We have no such size.", "Which size?"],
        ["Which colour?"],
        ["Because we make it for you.", "Which colour?"],
        ["Ordered: small blue."],
        ["Hello"],
    ]


def test_a_form_is_filled_in_one_message(shop: Shop, run: Run) -> None:
    assert run(shop.talk("order size small blue")) == [["Ordered: small blue."]]


def test_todays_sentences_count_before_those_of_the_model(shop: Shop, run: Run) -> None:
    run(shop.open(responses={"utter_why": [{"text": "Because it is so."}]}))

    assert run(shop.talk("order", "why")) == [["Which size?"], ["Because it is so.", "Which size?"]]


def test_a_form_can_be_left(shop: Shop, run: Run) -> None:
    assert run(shop.talk("order", "stop", "hello")) == [["Which size?"], ["Left."], ["Hello"]]


def test_text_and_custom_of_a_response_arrive_as_one_message(shop: Shop, run: Run) -> None:
    [message] = run(shop.say("show")).messages

    assert message == {
        "text": "Fill this in.", "buttons": [], "custom": {"card": "order"}, "response": "utter_form_card",
    }  # fmt: skip


def test_an_intent_that_is_given_takes_the_place_of_reading_the_text(shop: Shop, run: Run) -> None:
    turn = run(shop.say("hello", intent="order", confidence=0.7))

    assert words(turn) == ["Which size?"]
    assert (turn.intent, turn.confidence) == ("order", 0.7)


@pytest.mark.parametrize("intent", ["restart", "back", "session_start", "unheard_of"])
def test_an_intent_that_is_rasas_own_or_unknown_is_refused(shop: Shop, run: Run, intent: str) -> None:
    with pytest.raises(EngineError, match=intent):
        run(shop.say("hello", intent=intent))


@pytest.mark.parametrize("text", SLASH_TEXTS)
def test_text_that_begins_with_a_slash_is_text(shop: Shop, run: Run, text: str) -> None:
    run(shop.say("order"))

    turn = run(shop.say(text))

    assert turn.slots["nickname"] is None
    assert turn.slots["size"] is None
    assert turn.active_loop == "order_form"
    assert not {"restart", "session_started"} & {event["event"] for event in turn.events}
    assert next(event for event in turn.events if event["event"] == "user")["parse_data"]["entities"] == []


def test_metadata_reaches_the_actions_and_no_slot(shop: Shop, run: Run) -> None:
    metadata = {"values": [{"ref": "r1", "kind": "number"}], "message_id": "m1"}

    turn = run(shop.say("both", metadata=metadata))

    assert shop.notebook.seen[-1].latest_message["metadata"] == metadata
    assert shop.notebook.seen[-1].latest_message["message_id"] == "m1"
    assert turn.slots["session_started_metadata"] is None
    assert shop.notebook.seen[-1].get_latest_input_channel() == "web"


def test_actions_are_given_the_events_of_this_turn_and_one_shared_domain(shop: Shop, run: Run) -> None:
    run(shop.talk("hello", "hello", "both"))
    first, second = shop.notebook.seen

    assert [event["event"] for event in first.events if event["event"] in ("user", "bot")] == ["user"]
    assert [event["event"] for event in second.events if event["event"] in ("user", "bot")] == ["user", "bot"]
    assert first.slots["orders"] == 0


def test_a_session_that_ended_begins_again_with_its_slots(shop: Shop, clock: Clock, run: Run) -> None:
    run(shop.talk("order size small blue", "order"))
    clock.ahead = 61 * 60

    turn = run(shop.say("hello"))

    assert words(turn) == ["Hello"]
    assert turn.active_loop is None
    assert turn.slots["orders"] == 1
    assert [event["name"] for event in turn.events if event["event"] == "slot"].count("orders") == 1


def test_a_form_that_is_still_being_filled_does_not_end_the_session(shop: Shop, clock: Clock, run: Run) -> None:
    run(shop.say("order"))
    for _ in range(2):
        clock.ahead += 40 * 60
        for row in shop.store._live.values():
            row.tracker.events[-1].timestamp += 40 * 60 if clock.ahead > 41 * 60 else 0
        turn = run(shop.say("huge"))

    assert turn.active_loop == "order_form"


def test_conversations_do_not_touch_each_other(shop: Shop, run: Run) -> None:
    async def both() -> list[Any]:
        return await asyncio.gather(*(shop.turn("order", f"web:{number}") for number in range(5)))

    turns = run(both())

    assert {turn.conversation for turn in turns} == {f"web:{number}" for number in range(5)}
    assert all(words(turn) == ["Which size?"] for turn in turns)


def test_a_turn_that_is_cancelled_leaves_nothing_behind(shop: Shop, run: Run) -> None:
    async def cancelled() -> None:
        shop.runner._actions["action_first_step"] = Hang("action_first_step", shop.notebook)
        task = asyncio.create_task(shop.turn("both"))
        while "action_first_step" not in shop.notebook.ran:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(shop.say("hello"))
    before = shop.rows()
    run(cancelled())

    assert shop.rows() == before
    assert "web:1" not in shop.store._live
    assert run(shop.talk("order")) == [["Which size?"]]


def test_a_model_that_was_changed_by_one_byte_is_refused(model: Path, tmp_path: Path, run: Run) -> None:
    changed = tmp_path / "changed.tar.gz"
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    changed.write_bytes(content)
    note_of(changed).write_bytes(note_of(model).read_bytes())

    with pytest.raises(ModelRefused, match="changed after it was trained"):
        run(Engine.load(changed, None, None))  # type: ignore[arg-type]


def test_an_action_of_the_domain_that_nobody_wrote_stops_the_start(shop: Shop, model: Path, run: Run) -> None:
    nobody = ActionRunner([], lambda *_: None, "utter_problem")
    store = SqlTrackerStore(shop.storage.read, shop.store._table)

    with pytest.raises(EngineError, match="action_break, action_end"):
        run(Engine.load(model, nobody, store))


def test_neither_input_nor_turn_shows_what_was_said(shop: Shop, run: Run) -> None:
    message = TurnInput("web:1", "hello canary", {"canary": "canary"})

    turn = run(shop.engine.turn(message))

    assert "canary" not in repr(message)
    assert "Hello" not in repr(turn)
    assert "canary" not in repr(turn)


def test_events_go_to_the_broker_when_the_turn_was_committed(shop: Shop, run: Run) -> None:
    published: list[dict[str, Any]] = []

    class Broker:
        def publish(self, event: dict[str, Any]) -> None:
            published.append(event)

    shop.engine._broker = Broker()
    turn = run(shop.say("hello"))
    run(shop.engine.publish(turn))

    assert [event["event"] for event in published] == [event["event"] for event in turn.events]
    assert {event["sender_id"] for event in published} == {"web:1"}


def test_slots_that_are_given_hold_for_the_very_message(shop: Shop, run: Run) -> None:
    said = [words(run(shop.say("hello", slots={"language": language}))) for language in ("en", "hi", "hi", "en")]

    assert said == [["Hello"], ["Namaste"], ["Namaste"], ["Hello"]]


def test_a_response_is_chosen_by_the_language_slot(shop: Shop, run: Run) -> None:
    from rasa_sdk.events import SlotSet

    class Switch(Hang):
        async def run(self, *_: Any) -> list[Any]:
            return [SlotSet("language", "hi")]

    shop.runner._actions["action_first_step"] = Switch("action_first_step", shop.notebook)

    assert run(shop.talk("hello", "both", "hello")) == [["Hello"], ["Second."], ["Namaste"]]
