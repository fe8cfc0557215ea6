"""What holds on every channel that is pushed to: whole talks, authenticity, order, once only, no shared conversations."""

from __future__ import annotations

import gzip
import signal
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.conversations.cardholders import Holder
from tests.conversations.channels import platforms
from tests.conversations.channels.phones import PHONES, Phone
from tests.conversations.channels.platforms import Platforms
from tests.conversations.server import Server
from wibmo.sandbox import Sandbox


def rows(server: Server, table: str = "inbox") -> int:
    with sqlite3.connect(server.var / "cardbot.db") as db:
        return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def balance_in(texts: list[str]) -> bool:
    return any("₹1,02,345.50" in text for text in texts)


def test_the_balance_talk(phone: Phone, holder: Holder) -> None:
    asked = phone.say("What is my balance?")
    answers = phone.say(f"{holder.last_four}, {holder.slashed}, {holder.birthday}")

    assert "last four digits" in asked[-1]
    assert balance_in(answers)


def test_details_spread_over_several_messages(phone: Phone, holder: Holder) -> None:
    phone.say("balance please")
    second = phone.say(f"my card ends with {holder.last_four}")
    third = phone.say(holder.slashed)
    answers = phone.say(holder.birthday)

    assert "expiry" in second[-1]
    assert "date of birth" in third[-1]
    assert balance_in(answers)


def test_a_button_leads_on(phone: Phone) -> None:
    phone.say("hello")

    asked = phone.press("Balance")

    assert "last four digits" in asked[-1]


def test_a_change_of_e_mail_with_its_confirmation(phone: Phone, holder: Holder, bank: Sandbox) -> None:
    phone.say("change my email")
    phone.say(f"{holder.last_four} {holder.slashed} {holder.birthday}")
    shown = phone.say("new.address@example.com")
    done = phone.press("Yes, change it") if phone.channel != "twilio" else phone.say("yes")

    assert "new.address@example.com" in shown[-1]
    assert any("new.address@example.com" in text for text in done)


def test_a_webhook_that_comes_again_is_answered_once(phone: Phone) -> None:
    webhook = phone.text("hello")

    answers = phone.answers_to(webhook)
    again = [phone.post(webhook).status_code for _ in range(3)]
    phone.say("what can you do?")

    assert again == [200, 200, 200]
    assert len(answers) == 1
    assert len(phone.received) == 2


def test_a_hundred_copies_at_once_are_answered_once(phone: Phone) -> None:
    webhook = phone.text("hello")

    with ThreadPoolExecutor(20) as senders:
        statuses = set(senders.map(lambda _: phone.post(webhook).status_code, range(100)))
    phone.wait()
    phone.say("what can you do?")

    assert statuses == {200}
    assert len(phone.received) == 2


def test_a_webhook_without_its_signature_or_with_a_wrong_one_leaves_no_trace(phone: Phone, server: Server) -> None:
    webhook = phone.text("hello")
    before = rows(server), rows(server, "conversations")

    statuses = [phone.post(webhook, headers).status_code for headers in forged(phone, webhook)]

    assert set(statuses) <= {401, 403}
    assert (rows(server), rows(server, "conversations")) == before


def forged(phone: Phone, webhook: Any) -> Iterator[dict[str, str]]:
    """Headers without the proof, with an empty one, and with each near miss of the right one."""
    right = phone.signed(webhook) if hasattr(phone, "signed") else phone.headers(phone.encoded(webhook))
    name = next(each for each in right if each.startswith("x-"))
    proof = right[name]
    rest = {each: value for each, value in right.items() if each != name}
    yield rest
    for wrong in ("", proof[:-1], proof + "0", proof.swapcase(), proof.replace("sha256", "sha1"), proof[1:], "0" * 64):
        if wrong != proof:
            yield {**rest, name: wrong}
    for at in range(len(proof)):
        flipped = chr((ord(proof[at]) - 32) % 94 + 33)
        yield {**rest, name: proof[:at] + flipped + proof[at + 1 :]}


def test_a_packed_body_is_refused_unopened_even_if_it_is_signed(phone: Phone, server: Server) -> None:
    webhook = phone.text("hello")
    body = gzip.compress(phone.encoded(webhook) + b" " * 10_000_000)
    signed = phone.signed(webhook) if hasattr(phone, "signed") else phone.headers(body)
    before = rows(server)

    statuses = [phone.post(body, {**signed, "content-encoding": each}).status_code for each in ("gzip", "deflate", "br", "x")]

    assert set(statuses) == {415}
    assert rows(server) == before


def test_a_truncated_body_leaves_no_trace(phone: Phone, server: Server) -> None:
    webhook = phone.text("hello")
    body = phone.encoded(webhook)
    headers = phone.signed(webhook) if hasattr(phone, "signed") else phone.headers(body)
    before = rows(server)

    statuses = [phone.post(body[:end], headers).status_code for end in (0, 1, len(body) // 2, len(body) - 2)]

    assert set(statuses) <= {400, 401, 403}
    assert rows(server) == before


def test_a_sender_over_the_limit_is_told_once_and_then_met_with_silence(phone: Phone) -> None:
    for number in range(30):
        assert phone.post(phone.text(f"hello {'again ' * number}")).status_code == 200
    time.sleep(3)

    texts = [call.text for call in phone.received]
    refusals = [text for text in texts if "One thing at a time" in text or "still working on" in text]
    assert len(refusals) == 1
    assert len(texts) <= 21


def test_the_same_sender_on_two_channels_is_two_conversations(phone: Phone, server: Server, api: Platforms, holder: Holder) -> None:
    phone.say("What is my balance?")
    phone.say(f"{holder.last_four}, {holder.slashed}, {holder.birthday}")

    for other in PHONES:
        if other.channel != phone.channel:
            twin = other(server.url, api)
            twin.number = phone.number
            assert "last four digits" in twin.say("What is my balance?")[-1]


def test_answers_wait_for_a_platform_that_is_away_and_come_in_order(phone: Phone, api: Platforms) -> None:
    away = (503, {"ok": False, "error": {"code": 2}, "description": "Service Unavailable"})
    api.trouble[phone.channel].extend([away, away])

    answers = phone.say("hello")
    after = phone.say("what can you do?")

    assert "Hello!" in answers[0]
    assert "I can tell you your balance" in after[0]


def test_a_process_killed_before_it_knew_of_the_acceptance_sends_the_answer_once_more_at_most(
    tmp_path: Path, bank: Sandbox, model: Path, phone: Phone, api: Platforms
) -> None:
    server = Server(tmp_path, bank.url, model, platforms.settings(api.url))
    server.start()
    phone.url = server.url
    phone.post(phone.text("hello"))
    until = time.monotonic() + 10
    while not phone.received and time.monotonic() < until:
        pass
    server.stop(signal.SIGKILL)

    server.start()
    time.sleep(12)
    server.stop()

    assert 1 <= len(phone.received) <= 2
    assert {call.text for call in phone.received} == {phone.received[0].text}
