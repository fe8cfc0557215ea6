"""After a change of contact details: who is owed a notice, what `cardbot journal` shows of it, and who is still known."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.conversations.cardholders import Holder
from tests.conversations.hostile import everything_stored
from tests.conversations.server import Server
from tests.conversations.visitor import Visitor
from wibmo.sandbox import Sandbox

Come = Callable[[], Visitor]
SECRET = "an invented secret of the operator"


class SmsAndMail:
    """What the operator has behind CARDBOT_NOTICE_URL; takes nothing until `is_open`."""

    def __init__(self) -> None:
        self.is_open = False
        self.taken: list[dict[str, str]] = []
        self.signed_well: list[bool] = []
        office = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                made = hmac.digest(SECRET.encode(), body, hashlib.sha256).hex()
                office.signed_well.append(self.headers["x-cardbot-signature"] == f"sha256={made}")
                if office.is_open:
                    office.taken.append(json.loads(body))
                self.send_response(202 if office.is_open else 503)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/notices"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def sms_and_mail() -> Iterator[SmsAndMail]:
    office = SmsAndMail()
    yield office
    office.server.shutdown()
    office.server.server_close()


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, bank: Sandbox, model: Path, sms_and_mail: SmsAndMail
) -> Iterator[Server]:
    settings = {"CARDBOT_NOTICE_URL": sms_and_mail.url, "CARDBOT_NOTICE_SECRET": SECRET}
    server = Server(tmp_path_factory.mktemp("var"), bank.url, model, settings)
    server.start()
    yield server
    server.stop()


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


def test_where_there_is_sms_and_mail_both_addresses_get_their_notice_by_themselves(
    visitor: Come, server: Server, holder: Holder, sms_and_mail: SmsAndMail
) -> None:
    sms_and_mail.is_open = True
    new = f"{holder.key}@example.org"

    change(verified(visitor, holder), "change my email", new)
    until = time.monotonic() + 30
    while new not in [each["to"] for each in sms_and_mail.taken]:
        assert time.monotonic() < until, "no notice came"
        time.sleep(0.1)
    mine = [each for each in sms_and_mail.taken if each["to"] in (holder.email, new)]

    assert [(each["to"], each["by"]) for each in mine] == [(holder.email, "mail"), (new, "mail")]
    assert all("was just changed" in each["text"] and "@" not in each["text"] for each in mine)
    assert all(sms_and_mail.signed_well)
    assert f"{mine[0]['reference']}  notice owed" not in server.command("journal").stdout
    assert new not in server.log()
