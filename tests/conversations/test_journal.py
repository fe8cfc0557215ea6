"""Changes whose end nobody knows: listed by `cardbot journal`, and looked after from the moment of the next start."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from tests.conversations.cardholders import Holder, new_holder
from tests.conversations.server import Server
from tests.conversations.visitor import Visitor
from wibmo.sandbox import Sandbox


def confirm(guest: Visitor, holder: Holder, address: str) -> None:
    """Everything up to the yes, and no waiting for what comes of it."""
    guest.say("balance", seconds=60)
    guest.details(holder.last_four, holder.slashed, holder.birthday, seconds=60)
    guest.say("change my email", seconds=60)
    guest.say(address, seconds=60)
    guest.post({"type": "button", "button": guest.messages[-1]["buttons"][0]["id"]})


def wait_for_write(bank: Sandbox, holder: Holder, seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not [call for call in bank.calls if call.operation == "update" and call.fields.get("urn") == holder.urn]:
        assert time.monotonic() < until, "no write arrived"
        time.sleep(0.05)


def test_a_change_cut_off_by_a_kill_is_listed_and_settled_at_the_next_start(
    tmp_path: Path, bank: Sandbox, model: Path
) -> None:
    server = Server(tmp_path, bank.url, model)
    server.start()
    applied, lost = new_holder(bank), new_holder(bank)
    guests = [Visitor(server.url).open(), Visitor(server.url).open()]
    bank.fault("update", "hang=60", urn=applied.urn, applied=True)
    bank.fault("update", "hang=60", urn=lost.urn, applied=False)
    try:
        for guest, holder in zip(guests, (applied, lost), strict=True):
            confirm(guest, holder, f"{holder.key}@example.org")
            wait_for_write(bank, holder)
        server.stop(signal.SIGKILL)
        while_away = server.command("journal").stdout

        server.start()
        news = guests[0].wait_for("is now", 60)
        afterwards = server.command("journal", "--recheck").stdout
    finally:
        for guest in guests:
            guest.close()
        server.stop()

    assert while_away.count("SENT") == 2
    assert "2 open." in while_away
    assert f"{applied.key}@example.org" in news
    assert [entry.new for entry in bank.ledger.history] == [f"{applied.key}@example.org"]
    assert afterwards.count("UNKNOWN") == 1
    assert "1 open." in afterwards
    assert "1 to be looked at now." in afterwards
    for holder in (applied, lost):
        assert holder.urn not in while_away + afterwards
        assert holder.key not in while_away + afterwards
