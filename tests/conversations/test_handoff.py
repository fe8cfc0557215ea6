"""Calling a person: the reference that is read out opens a ticket an agent can act on, without a value in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from tests.conversations.cardholders import new_holder
from tests.conversations.server import Server
from tests.conversations.visitor import Visitor
from wibmo.sandbox import Sandbox

Come = Callable[[], Visitor]
REFERENCE = re.compile(r"CB-[0-9A-Z]{4}-[0-9A-Z]{2}")


def reference_in(texts: list[str]) -> str:
    found = REFERENCE.search(" ".join(texts))
    assert found, texts
    return found[0]


def test_the_reference_opens_a_transcript_without_values(visitor: Come, server: Server, bank: Sandbox) -> None:
    holder = new_holder(bank)
    guest = visitor()
    guest.say("balance")
    guest.say(f"{holder.last_four} {holder.slashed} {holder.birthday}")

    reference = reference_in(guest.say("I want to talk to a human"))
    shown = server.command("handoffs", "show", reference)

    assert shown.returncode == 0, shown.stderr
    assert "talk_to_human" in shown.stdout
    assert re.search(r"Verified: +yes", shown.stdout)
    assert "four digits" in shown.stdout
    assert "[shown " in shown.stdout
    for value in (holder.last_four, holder.slashed, holder.birthday, holder.urn, "1,02,345.50"):
        assert value not in shown.stdout


def test_revealing_needs_a_reason_and_leaves_a_trace(visitor: Come, server: Server, bank: Sandbox) -> None:
    holder = new_holder(bank)
    guest = visitor()
    guest.say("balance")
    guest.details(holder.last_four, holder.slashed, holder.birthday)
    reference = reference_in(guest.say("talk to an agent please"))

    without = server.command("handoffs", "show", reference, "--reveal")
    revealed = server.command("handoffs", "show", reference, "--reveal", "--reason", "calls back")
    trail = server.command("audit", "show")

    assert without.returncode == 1
    assert holder.last_four not in without.stdout
    assert holder.last_four in revealed.stdout
    assert holder.urn in revealed.stdout
    assert not {holder.slashed, holder.expiry, holder.birthday, holder.born.isoformat()} & set(re.split(r"[\s,|]+", revealed.stdout))
    assert any(json.loads(line)["outcome"] == "revealed" for line in trail.stdout.splitlines())
    assert server.command("audit", "verify").returncode == 0


def test_a_handoff_ends_the_access(visitor: Come, bank: Sandbox) -> None:
    holder = new_holder(bank)
    guest = visitor()
    guest.say("balance")
    guest.details(holder.last_four, holder.slashed, holder.birthday)
    guest.say("human please")

    after = guest.say("balance")

    assert "last four digits" in after[-1]


def test_a_lost_card_gets_the_number_first(visitor: Come) -> None:
    answers = visitor().say("I lost my card")

    assert "1800 000 0001" in answers[0]
    assert REFERENCE.search(answers[0])


def test_a_lost_card_in_the_middle_of_the_form(visitor: Come) -> None:
    guest = visitor()
    guest.say("balance")

    answers = guest.say("my card was stolen")

    assert "1800 000 0001" in answers[0]


def test_three_misunderstandings_call_a_person(visitor: Come) -> None:
    guest = visitor()
    answers = [guest.say(rubbish) for rubbish in ("who won the cricket match", "what is the weather in Pune", "qwrt zzxp")]

    assert REFERENCE.search(answers[2][0]), answers


def test_an_export_runs_nothing(visitor: Come, server: Server) -> None:
    guest = visitor()
    guest.say("<script>alert(1)</script><img src=x onerror=alert(2)>")
    reference = reference_in(guest.say("talk to a human"))

    page = server.command("handoffs", "export", reference, "--format", "html").stdout
    data = server.command("handoffs", "export", reference, "--format", "json").stdout

    assert "<script>alert" not in page
    assert "<img" not in page
    assert json.loads(data)["reference"] == reference
