"""Run as a module: the engine as Rasa makes it, without the edge and without the shim against commands: what the attacks would do there."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from bot.engine import rasa_compat

rasa_compat.SHIMS = tuple(each for each in rasa_compat.SHIMS if each.__name__ != "text_is_never_an_intent")

from actions.catalogue import all_actions  # noqa: E402  (after the shim was left out)
from actions.guard.schema import tracker_events  # noqa: E402
from actions.services import build  # noqa: E402
from actions.settings import Settings  # noqa: E402
from bot.engine.actions_in_process import ActionRunner  # noqa: E402
from bot.engine.engine import Engine, TurnInput  # noqa: E402
from bot.engine.tracker_store import SqlTrackerStore  # noqa: E402


async def play(model: Path, var: Path, texts: list[str]) -> None:
    services = build(Settings.from_env({"CARDBOT_VAR": str(var), "CARDBOT_PROFILE": "test"}), Path.cwd())
    store = SqlTrackerStore(services.storage.read, tracker_events)
    runner = ActionRunner(all_actions(services), lambda *failure: None, "utter_technical_problem")
    engine = await Engine.load(model, runner, store, standing=services.words.standing, responses=services.words.responses)
    for number, text in enumerate(texts):
        turn = await engine.turn(TurnInput(f"web:{number:032x}", text, slots={"language": "en"}))
        said = next(event for event in turn.events if event["event"] == "user")
        entities = {each["entity"]: each["value"] for each in said["parse_data"]["entities"]}
        kinds = [event["event"] for event in turn.events]
        print(json.dumps({"intent": turn.intent, "confidence": turn.confidence, "entities": entities, "events": kinds}))
    services.close()


if __name__ == "__main__":
    asyncio.run(play(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
