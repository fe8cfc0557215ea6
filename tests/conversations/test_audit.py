"""The trail as an operator takes it out: one cardholder's on request, one ticket's by its reference."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from tests.conversations.cardholders import new_holder
from tests.conversations.server import ROOT, Server
from tests.conversations.visitor import Visitor
from wibmo.sandbox import Sandbox

Come = Callable[[], Visitor]


def exported(server: Server, *arguments: str, typed: str = "") -> tuple[int, list[dict[str, Any]]]:
    """What `cardbot audit export` answers, this being typed into it."""
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "audit", "export", *arguments],
        cwd=ROOT, env=server._environ, input=typed, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_one_cardholders_trail_is_given_on_request_without_a_value_and_the_asking_is_on_it(
    visitor: Come, server: Server, bank: Sandbox
) -> None:
    mine, other = new_holder(bank), new_holder(bank)
    for holder in (mine, other):
        guest = visitor()
        guest.say("balance")
        guest.details(holder.last_four, holder.slashed, holder.birthday)
    reference = re.search(r"CB-[0-9A-Z]{4}-[0-9A-Z]{2}", " ".join(guest.say("I want to talk to a human")))
    assert reference is not None

    code, rows = exported(server, "--cardholder", "--reason", "asked in writing", typed=f"{mine.urn}\n")
    of_other, theirs = exported(server, "--cardholder", typed=other.urn)
    by_reference = exported(server, "--reference", reference[0])
    of_nobody = exported(server, "--cardholder", typed="80000000000")
    of_everybody = exported(server)

    assert (code, of_other, by_reference[0], of_nobody, of_everybody) == (0, 0, 0, (1, []), (2, []))
    assert [row["event"] for row in rows[:3]] == ["session", "verification", "record"]
    assert len({row["conversation"] for row in rows}) == 1
    assert not {row["conversation"] for row in rows} & {row["conversation"] for row in theirs if row["event"] != "audit"}
    assert any(row["event"] == "ticket" and row["reference"] == reference[0] for row in theirs)
    assert [row["outcome"] for row in by_reference[1]] == ["opened"]
    told = json.dumps([rows, theirs])
    for value in (mine.urn, mine.last_four, mine.email, mine.mobile, mine.birthday, "1,02,345.50"):
        assert f'"{value}"' not in told
    again = exported(server, "--cardholder", typed=mine.urn)[1]
    asked = [row for row in again if row["event"] == "audit"]
    assert [(row["outcome"], row["facts"]["why"], row["facts"]["rows"]) for row in asked] == [("exported", "asked in writing", len(rows))]
    assert server.command("audit", "verify").returncode == 0
