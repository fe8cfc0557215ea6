"""Card numbers, card secrets and codes that nobody asked for: a thousand of them go in at the edge, and no store has one."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from actions.details import parse_details
from actions.services import Services, build
from actions.settings import Settings
from bot.gateway.edge import Inbound
from bot.gateway.runtime import Runtime

ROOT = Path(__file__).resolve().parents[2]
HINDI = str.maketrans("0123456789", "०१२३४५६७८९")
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
ASCII = str.maketrans("०१२३४५६७८९０１２３４５６７８９", "01234567890123456789")


def four_by_four(number: str, joint: str) -> str:
    return joint.join(number[at : at + 4] for at in range(0, 16, 4))


FORMATS = [
    lambda n: n, lambda n: four_by_four(n, " "), lambda n: four_by_four(n, "-"), lambda n: four_by_four(n, "."),
    lambda n: four_by_four(n, "  "), lambda n: n.translate(HINDI), lambda n: four_by_four(n, " ").translate(WIDE),
    lambda n: "\u200b".join(n), lambda n: f"card:{n}", lambda n: four_by_four(n, "\u00a0"),
]  # fmt: skip
SECRETS = ["my cvv is 471", "pin 4711", "otp 471147", "the OTP is 4711 47", "cvv: 471", "my pin is 4 7 1 1", "मेरा पिन ४७११ है", "one time code 471147"]


def luhn_number(rng: random.Random) -> str:
    """Sixteen digits that could be a card's."""
    head = rng.choice(["4", "51", "60", "65"]) + "".join(rng.choice("0123456789") for _ in range(14))
    head = head[:15]
    total = sum(sum(divmod(int(digit) * (2 - at % 2), 10)) for at, digit in enumerate(head))
    return head + str(-total % 10)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    environ = {"CARDBOT_VAR": str(tmp_path), "CARDBOT_PROFILE": "test", "CARDBOT_RATE_PER_MINUTE": "10000"}
    built = build(Settings.from_env(environ), ROOT)
    yield built
    built.close()


def take_in(services: Services, messages: list[str]) -> tuple[str, str]:
    """All that is stored, in clear as it lies there, and all that the inbox holds, un-sealed."""
    runtime = Runtime(services, Path("no model"))
    for number, message in enumerate(messages):
        talk = f"web:{number:032x}"
        assert runtime.edge.receive(Inbound(talk, "somebody", f"m{number}", "text", message)).stored
    unsealed: list[dict[str, Any]] = []
    with services.storage.read() as conn:
        for number in range(len(messages)):
            waiting = runtime.inbox.first_in(conn, f"web:{number:032x}")
            assert waiting is not None
            unsealed.append(waiting.body)
        tables = conn.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        stored = [repr(tuple(row)) for table in tables for row in conn.execute(text(f'SELECT * FROM "{table}"'))]
    runtime._loop.close()
    return "\n".join(stored), json.dumps(unsealed, ensure_ascii=False)


def plain(kept: str) -> str:
    """Digits of any script, with all that may stand between them left out."""
    return "".join(each for each in kept.translate(ASCII) if each not in " -.\u00a0\u200b")


def test_of_a_thousand_card_numbers_in_ten_formats_no_store_holds_one_not_even_sealed(services: Services) -> None:
    rng = random.Random(32)
    numbers = [luhn_number(rng) for _ in range(1000)]
    written = [FORMATS[at % 10](number) for at, number in enumerate(numbers)]

    stored, unsealed = take_in(services, [f"it is {' and '.join(written[at : at + 5])} ok" for at in range(0, 1000, 5)])

    kept = plain(stored) + plain(unsealed)
    assert [number for number in numbers if number in kept] == []
    assert unsealed.count('"number_destroyed": true') == 200


def test_no_store_holds_a_card_secret_that_nobody_asked_for(services: Services) -> None:
    stored, unsealed = take_in(services, SECRETS)

    assert "471" not in plain(unsealed)
    assert not [row for row in stored.splitlines() for secret in SECRETS if secret in row]
    assert unsealed.count('"number_destroyed": true') == len(SECRETS)


# ── one date of birth in forty disguises ────────────────────────────────────────────────────────────

BORN = date(1993, 7, 11)
SCRIPTS = ("0123456789", "०१२३४५६७८९", "٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "০১২৩৪৫৬৭৮৯", "⓪①②③④⑤⑥⑦⑧⑨", "⁰¹²³⁴⁵⁶⁷⁸⁹")
JOINTS = ("", "\u200b", "\u00ad", "\ufe0f", "\U000e0020")
DISGUISES = [joint.join("11-07-1993".translate(str.maketrans("0123456789", script))) for script in SCRIPTS for joint in JOINTS]


def test_forty_encodings_of_one_date_are_read_alike_or_asked_again_and_no_store_has_one_in_clear(services: Services) -> None:
    runtime, read = Runtime(services, Path("no model")), []
    for number, typed in enumerate(DISGUISES):
        talk = f"web:{number:032x}"
        with services.storage.begin() as conn:
            runtime.conversations.begin_in(conn, talk, "web", "somebody")
            runtime.conversations.turn_ended_in(conn, talk, expecting="card_details", language="en")
        receipt = runtime.edge.receive(Inbound(talk, "somebody", f"m{number}", "text", typed))
        with services.storage.read() as conn:
            waiting = runtime.inbox.first_in(conn, talk)
        assert receipt.stored
        assert waiting is not None
        found = parse_details(
            [(each["kind"], each["value"]) for each in waiting.body["values"]],
            today=date(2026, 11, 22), wanted=frozenset({"date_of_birth"}),
        )  # fmt: skip
        assert found.problems or found.date_of_birth == BORN, (typed, found.as_text())
        read.append(found.date_of_birth)
        assert typed not in waiting.body["text"] + receipt.echo
    with services.storage.read() as conn:
        tables = conn.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        stored = "\n".join(repr(tuple(row)) for table in tables for row in conn.execute(text(f'SELECT * FROM "{table}"')))
    runtime._loop.close()

    assert len(set(DISGUISES)) == 40
    assert read.count(BORN) >= 20
    assert not [typed for typed in DISGUISES if typed in stored or repr(typed)[1:-1] in stored]
