"""Actions are those that Rasa would make, and work on what they may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.engine.acting import READERS, ActionInProcess, ActionsByName, CarrySlotsOnce, replica
from bot.engine.speaking import Collector
from tests.engine.conftest import Shop

from rasa.core.actions.action import RemoteAction, action_for_name_or_text  # isort: skip
from rasa.core.actions.forms import FormAction  # isort: skip
from rasa.shared.core import events as rasa_events  # isort: skip

Run = Callable[..., Any]
OTHERS = {RemoteAction: ActionInProcess}


def test_every_action_of_a_domain_is_rasas_but_for_ours(shop: Shop) -> None:
    domain = shop.engine.domain
    ours = ActionsByName(domain, shop.runner)
    for name in domain.action_names_or_texts:
        rasas = action_for_name_or_text(name, domain, shop.runner)

        for found in (ours[name], ours[name]):
            expected = CarrySlotsOnce if name == "action_session_start" else OTHERS.get(type(rasas), type(rasas))
            assert type(found) is expected
            assert found.name() == rasas.name()
            assert vars(found) == vars(rasas)


def test_only_what_keeps_nothing_is_made_once(shop: Shop) -> None:
    ours = ActionsByName(shop.engine.domain, shop.runner)

    kept = {type(ours[name]) for name in shop.engine.domain.action_names_or_texts if ours[name] is ours[name]}

    assert kept == set(READERS)
    assert FormAction not in kept


@pytest.mark.parametrize("name", ["action_show", "action_place_order"])
def test_an_action_in_process_does_what_rasas_own_call_does(shop: Shop, run: Run, name: str) -> None:
    run(shop.talk("hello", "order", "small"))
    tracker = run(shop.store.retrieve("web:1"))
    processor = shop.engine._processor
    made = []
    for kind in (ActionInProcess, RemoteAction):
        events = run(kind(name, shop.runner).run(Collector(), processor.nlg, tracker, shop.engine.domain))
        made.append([{**event.as_dict(), "timestamp": 0} for event in events])

    assert made[0] == made[1] != []


def test_what_happens_to_a_replica_happens_to_nobody_else(shop: Shop, run: Run) -> None:
    run(shop.talk("hello", "order size small"))
    tracker = run(shop.store.retrieve("web:1"))
    before = tracker.current_state(), list(tracker.events)
    copied = replica(tracker)
    assert (copied.current_state(), list(copied.events)) == before

    copied.update_with_events([rasa_events.SlotSet("size", "large"), rasa_events.ActionExecutionRejected("order_form")], None)

    assert (tracker.current_state(), list(tracker.events)) == before
    assert copied.get_slot("size") == "large"
    assert copied.events.maxlen == tracker.events.maxlen


def test_a_replica_to_read_takes_events_of_its_own(shop: Shop, run: Run) -> None:
    run(shop.talk("hello", "order size small"))
    tracker = run(shop.store.retrieve("web:1"))
    before = tracker.current_state(), list(tracker.events)
    copied = replica(tracker, to_read=True)

    copied.update_with_events([rasa_events.LoopInterrupted(True)], None)

    assert (tracker.current_state(), list(tracker.events)) == before
    assert len(copied.events) == len(tracker.events) + 1
