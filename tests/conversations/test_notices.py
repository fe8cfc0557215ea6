"""After a change of contact details: who is owed a notice, what `cardbot journal` shows of it, and who is still known."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conversations.cardholders import Holder, new_holder
from tests.conversations.hostile import everything_stored
from tests.conversations.server import Server
from tests.conversations.visitor import Visitor
from wibmo.sandbox import Sandbox

Come = Callable[[], Visitor]


@pytest.fixture
def holder(bank: Sandbox) -> Holder:
    return new_holder(bank)


def verified(come: Come, holder: Holder) -> Visitor:
    guest = come()
    guest.say("balance")
    guest.details(holder.last_four, holder.slashed, holder.birthday)
    return guest


def change(guest: Visitor, request: str, new: str) -> str:
    """Changes a contact detail; returns what was told at the end."""
    guest.say(request)
    guest.say(new)
    return guest.press("Yes, change it", seconds=30)[0]


def test_a_changed_e_mail_owes_a_notice_to_both_addresses_until_somebody_has_given_it(
    visitor: Come, server: Server, holder: Holder
) -> None:
    told = change(verified(visitor, holder), "change my email", "brand.new@example.org")

    listed = server.command("journal").stdout
    unexplained = server.command("journal", "--reveal")
    revealed = server.command("journal", "--reveal", "--reason", "writing the letters").stdout
    kept = [text for _, text in everything_stored(server)]
    reference = next(line.split()[0] for line in listed.splitlines() if "notice owed" in line)
    given = server.command("journal", "--given", reference)
    again = server.command("journal", "--given", reference)

    assert "brand.new@example.org" in told
    assert "notice owed to the old email  pe***@example.com" in listed
    assert "notice owed to the new email  br***@example.org" in listed
    assert "2 notices owed." in listed
    assert unexplained.returncode == 1
    assert holder.email in revealed
    assert "brand.new@example.org" in revealed
    assert not any("brand.new@example.org" in text or holder.email in text for text in kept)
    assert given.stdout == "2 noted as given.\n"
    assert again.returncode == 1
    assert "notices owed" not in server.command("journal").stdout
    assert "writing the letters" in server.command("audit", "show").stdout
    assert server.command("audit", "verify").returncode == 0


def test_a_changed_mobile_ends_every_session_of_that_card_and_owes_both_numbers_a_notice(
    visitor: Come, server: Server, holder: Holder
) -> None:
    here, elsewhere = verified(visitor, holder), verified(visitor, holder)

    change(here, "change my mobile number", "98765 41230")
    after = [guest.say("balance")[-1] for guest in (here, elsewhere)]
    listed = server.command("journal").stdout

    assert ["last four digits" in text for text in after] == [True, True]
    assert f"notice owed to the old mobile  +91 ******{holder.mobile[-4:]}" in listed
    assert "notice owed to the new mobile  +91 ******1230" in listed
