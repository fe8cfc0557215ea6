"""An action that fails becomes words, and nothing after it counts as done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rasa_sdk.interfaces import ActionExecutionRejection

from bot.engine.actions_in_process import ActionRejected, ActionRunner
from tests.engine.conftest import Shop, words
from tests.engine.shop import Noted

Run = Callable[..., Any]
SORRY = "Something went wrong."


@pytest.mark.parametrize(
    "error", [ValueError("8305"), ActionExecutionRejection("action_break"), TimeoutError(), KeyError("x")]
)
def test_a_rule_stops_at_the_action_that_fails(shop: Shop, run: Run, error: Exception) -> None:
    shop.notebook.broken["action_break"] = error

    turn = run(shop.say("break"))

    assert words(turn) == [SORRY]
    assert turn.failed == ("action_break",)
    assert shop.notebook.ran == ["action_break"]
    assert shop.failed == [("action_break", "web:1", error)]
    assert [event["name"] for event in turn.events if event["event"] == "action"][-2:] == [
        "action_break",
        "action_listen",
    ]


def test_the_talk_goes_on_after_a_failure(shop: Shop, run: Run) -> None:
    assert run(shop.talk("break", "hello", "break", "both", "order")) == [
        [SORRY], ["Hello"], [SORRY], ["First.", "Second."], ["Which size?"],
    ]  # fmt: skip


def test_a_failure_inside_a_form_gives_the_form_its_question_back(shop: Shop, run: Run) -> None:
    shop.notebook.broken["action_leave"] = ValueError()

    assert run(shop.talk("order", "stop", "small", "blue")) == [
        ["Which size?"], [SORRY, "Which size?"], ["Which colour?"], ["Ordered: small blue."],
    ]  # fmt: skip


def test_a_failure_after_a_form_does_not_count_as_the_forms_end_being_done(shop: Shop, run: Run) -> None:
    shop.notebook.broken["action_place_order"] = ValueError()

    said = run(shop.talk("order", "small", "blue"))

    assert said[-1] == [SORRY]
    assert run(shop.say("hello")).slots["orders"] == 0


def test_a_validation_that_fails_leaves_the_value_unaccepted(shop: Shop, run: Run) -> None:
    run(shop.say("order"))
    shop.notebook.broken["validate_size"] = ValueError()

    turn = run(shop.say("small"))
    shop.notebook.broken.clear()

    assert words(turn) == [SORRY, "Which size?"]
    assert turn.slots["size"] is None
    assert run(shop.talk("small", "red")) == [["Which colour?"], ["Ordered: small red."]]


def test_a_validation_that_fails_with_nothing_to_validate_still_ends_in_words(shop: Shop, run: Run) -> None:
    async def fail(*_: Any) -> list[Any]:
        raise ValueError

    run(shop.say("order"))
    validation = shop.runner._actions["validate_order_form"]
    works, validation.run = validation.run, fail  # type: ignore[method-assign]

    turn = run(shop.say("why"))
    validation.run = works  # type: ignore[method-assign]

    assert words(turn) == [SORRY]
    assert turn.active_loop == "order_form"
    assert run(shop.talk("small", "red")) == [["Which colour?"], ["Ordered: small red."]]


def test_an_extraction_that_fails_ends_the_turn(shop: Shop, run: Run) -> None:
    run(shop.say("order"))
    shop.notebook.broken["action_read_order"] = ValueError()

    turn = run(shop.say("small"))
    shop.notebook.broken.clear()

    assert words(turn) == [SORRY]
    assert (turn.active_loop, turn.requested_slot) == ("order_form", "size")
    assert run(shop.talk("small", "red")) == [["Which colour?"], ["Ordered: small red."]]


def test_an_action_that_ends_its_turn_is_the_last_of_its_rule(shop: Shop, run: Run) -> None:
    turn = run(shop.say("finish"))

    assert words(turn) == ["First."]
    assert shop.notebook.ran == ["action_end"]
    assert run(shop.talk("hello")) == [["Hello"]]


class Odd(Noted):
    """Returns or utters what Rasa would leave out in silence."""

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
        if self._response:
            dispatcher.utter_message(response=self._response)
            return []
        return ["no event"]


@pytest.mark.parametrize("response", ["utter_mistyped", None])
def test_what_rasa_would_leave_out_in_silence_is_a_failure(shop: Shop, run: Run, response: str | None) -> None:
    shop.runner._actions["action_first_step"] = Odd("action_first_step", shop.notebook, response)

    turn = run(shop.say("both"))

    assert words(turn) == [SORRY]
    assert isinstance(shop.failed[0][2], ActionRejected)


def test_too_many_actions_in_one_turn_leave_the_talk_listening(shop: Shop, run: Run) -> None:
    shop.engine._processor.max_number_of_predictions = 1

    turn = run(shop.say("both"))
    shop.engine._processor.max_number_of_predictions = 10

    assert turn.failed == ("too_many_actions",)
    assert run(shop.talk("hello")) == [["Hello"]]


def test_two_actions_of_one_name_are_refused(shop: Shop) -> None:
    twice = [Noted("action_end", shop.notebook), Noted("action_end", shop.notebook)]

    with pytest.raises(ActionRejected, match="action_end"):
        ActionRunner(twice, lambda *_: None, "utter_problem")


def test_without_the_runner_rasa_goes_on_after_a_failure(shop: Shop, run: Run) -> None:
    """Why all this is here: when this fails, Rasa has become better and the rest may go."""

    async def raises(**call: Any) -> dict[str, Any]:
        if call["json"]["next_action"] == "action_break":
            raise ValueError
        return await ActionRunner.request(shop.runner, **call)

    from bot.engine.processor import MessageProcessor, TurnProcessor

    shop.runner.request = raises  # type: ignore[method-assign]
    shop.engine._processor._run_action = MessageProcessor._run_action.__get__(shop.engine._processor, TurnProcessor)

    assert words(run(shop.say("break"))) == ["Second."]
