"""Whatever goes in at the edge, the engine reads no value, the references give every value back, a new key loses none."""
from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actions.guard.vault import Direction
from actions.services import Services, build
from actions.settings import Settings
from bot.engine.engine import TurnInput
from bot.gateway.buttons import Buttons
from bot.gateway.conversations import Conversations
from bot.gateway.edge import Edge, Inbound
from bot.gateway.inbox import Inbox
from bot.gateway.normalizing import without_references
from bot.gateway.sealing import seal
from bot.gateway.turn_input import Work, turn_input
from tests.gateway.test_sealing import EXPECTING, MESSAGES, is_value_free

ROOT = Path(__file__).resolve().parents[2]
OLD, NEW = "the master before the rotation, 32+", "the master after the rotation, 32+"
_numbers = itertools.count()


class Door:
    """The edge of an installation, up to what the engine is handed."""

    def __init__(self, var: Path, masters: str, rate_per_minute: int = 1000, clock: Callable[[], float] = time.time) -> None:
        settings = Settings.from_env({"CARDBOT_PROFILE": "test", "CARDBOT_VAR": str(var), "CARDBOT_MASTER_SECRETS": masters})
        self.services: Services = build(settings, ROOT, clock=clock)
        clock, storage, keys = self.services.clock, self.services.storage, self.services.keys
        self.inbox = Inbox(keys.sealer("inbox"), clock)
        self.conversations = Conversations(clock)
        self.edge = Edge(storage, keys, self.inbox, self.conversations, Buttons(clock), self.services.words, clock, rate_per_minute)

    def ask(self, conversation: str, question: str) -> None:
        with self.services.storage.begin() as conn:
            self.conversations.begin_in(conn, conversation, "web", "somebody")
            self.conversations.turn_ended_in(conn, conversation, expecting=question, language="en")

    def hear(self, conversation: str, text: str) -> None:
        assert self.edge.receive(Inbound(conversation, "somebody", f"m{next(_numbers)}", "text", text)).stored

    def hand_over(self, conversation: str) -> TurnInput:
        """The oldest message as the engine gets it, its values in the vault."""
        with self.services.storage.begin() as conn:
            message, talk = self.inbox.first_in(conn, conversation), self.conversations.find_in(conn, conversation)
            assert message is not None
            assert talk is not None
            values, vault = message.body["values"], self.services.vault
            kept = [{"ref": vault.put_in(conn, conversation, Direction.IN, v["kind"], v["value"]), "kind": v["kind"]} for v in values]
            self.inbox.done_in(conn, message)
        return turn_input(Work(message, talk, kept), "en", "")

    def opened(self, given: TurnInput) -> list[str]:
        return [self.services.vault.open(given.conversation, Direction.IN, each["ref"]) for each in given.metadata["values"]]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    door = Door(tmp_path_factory.mktemp("var"), NEW)
    yield door
    door.services.close()


@example("0000/0000:83058305", "none")
@example("八三八三00", "one_time_code")
@given(MESSAGES, st.sampled_from(EXPECTING))
def test_the_engine_reads_no_value_and_the_references_give_every_one_back(door: Door, text: str, expecting: str) -> None:
    conversation, typed = f"web:{next(_numbers)}", without_references(text)
    door.ask(conversation, expecting)

    door.hear(conversation, text)
    given = door.hand_over(conversation)

    sealed = seal(text, expecting=expecting)
    assert is_value_free(given.text)
    assert not given.text.lstrip().startswith(("/", "\\"))
    opened = door.opened(given)
    assert opened == [span.value for span in sealed.spans]
    # Of a code that was asked for only its digits are kept, and of what is destroyed not even those.
    is_verbatim = not (sealed.whole and sealed.destroyed) and {span.kind for span in sealed.spans} != {"one_time_code"}
    at = 0
    for value in opened if is_verbatim else ():
        at = typed.index(value, at) + len(value)
    told = json.dumps(given.metadata)
    assert not any(value in told for value in opened if len(value) > 8)


def test_a_new_key_in_the_middle_of_a_talk_loses_nothing(tmp_path: Path) -> None:
    """Waiting in the inbox, behind a reference, and said after the rotation: all of it can be opened."""
    before = Door(tmp_path, OLD)
    before.ask("web:1", "card_details")
    before.hear("web:1", "8305 08/27")
    handed = before.hand_over("web:1")
    before.hear("web:1", "11-07-1993")
    before.services.close()

    after = Door(tmp_path, f"{NEW},{OLD}")
    after.hear("web:1", "and asha@example.com")

    assert after.opened(handed) == ["8305 08/27"]
    assert after.opened(after.hand_over("web:1")) == ["11-07-1993"]
    assert after.opened(after.hand_over("web:1")) == ["and asha@example.com"]
    assert after.edge.pseudonym("identity", "web", "somebody") == before.edge.pseudonym("identity", "web", "somebody")
    after.services.close()
