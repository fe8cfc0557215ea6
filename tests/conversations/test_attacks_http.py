"""Attacks on the web channel's HTTP: sessions, origins, bodies, sizes, encodings, paths. Refused in words, never with a 5xx."""

from __future__ import annotations

import gzip
import json
import random
import secrets
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.conversations.cardholders import Holder, new_holder
from tests.conversations.hostile import cookie, everything_stored, raw, rows, settled
from tests.conversations.server import Server
from tests.conversations.visitor import HEADERS, Visitor
from wibmo.sandbox import Sandbox

Come = Callable[[], Visitor]
CONVERSATIONS = "SELECT count(*) FROM conversations"


@pytest.fixture
def conversation(server: Server, verified: Visitor) -> str:
    return str(rows(server, "SELECT conversation FROM sessions ORDER BY verified_at DESC LIMIT 1")[0][0])


def say(server: Server, text: str, **more: object) -> requests.Response:
    """One message as a client of one's own making sends it."""
    body = {"id": uuid.uuid4().hex, "type": "text", "text": text, **dict(more.pop("body", {}))}  # type: ignore[call-overload]
    headers = {**HEADERS, **dict(more.pop("headers", {}))}  # type: ignore[call-overload]
    return requests.post(f"{server.url}/web/messages", json=body, headers=headers, timeout=20, **more)  # type: ignore[arg-type]


# ── sessions ────────────────────────────────────────────────────────────────────────────────────────


def test_no_guessed_cookie_opens_anything(server: Server, verified: Visitor, conversation: str) -> None:
    before = rows(server, CONVERSATIONS)
    device = cookie(verified, "cardbot_device")
    guesses = [secrets.token_urlsafe(32) for _ in range(150)] + ["web:" + secrets.token_hex(16) for _ in range(150)]
    guesses += [conversation, conversation.removeprefix("web:"), device, "", "null", "' OR ''='", cookie(verified)[:-1], "a" * 5000]

    def knock(guess: str) -> set[int]:
        jar = {"cardbot_session": guess, "cardbot_device": device}
        read = requests.get(f"{server.url}/web/events", cookies=jar, timeout=10)
        return {read.status_code, say(server, "what is my balance", cookies=jar).status_code}

    with ThreadPoolExecutor(8) as crowd:
        found = set().union(*crowd.map(knock, guesses))

    assert found <= {401, 431}
    assert rows(server, CONVERSATIONS) == before


@pytest.mark.parametrize("sender", [None, "", "default", 5, [], {"a": 1}])
def test_without_a_session_there_is_no_conversation(server: Server, sender: object) -> None:
    before = rows(server, CONVERSATIONS)

    answer = say(server, "hello", body={"sender": sender, "sender_id": sender})

    assert answer.status_code == 401
    assert rows(server, CONVERSATIONS) == before


def test_naming_another_conversation_in_every_place_shows_nothing_of_it(
    server: Server, visitor: Come, verified: Visitor, conversation: str
) -> None:
    thief = visitor()
    names = ("sender", "sender_id", "conversation", "conversation_id", "session", "session_id", "identity", "recipient_id")
    everywhere = dict.fromkeys(names, conversation)
    thief.http.headers.update({"X-Conversation": conversation, "Authorization": f"Bearer {conversation}"})

    thief.post({"type": "text", "text": "what is my balance?", **everywhere})
    thief.wait_for("last four digits")
    with thief.http.get(f"{server.url}/web/events", params={"after": 0, **everywhere}, stream=True, timeout=10) as stream:
        seen = next(stream.iter_content(65536)).decode()

    assert not any("₹" in text or "[shown" in text for text in [*thief.texts, seen])
    assert verified.say("balance")[0].startswith("Card ending")


def test_a_token_known_before_the_verification_neither_reads_nor_acts_after_it(
    server: Server, visitor: Come, bank: Sandbox, holder: Holder
) -> None:
    """Session fixation: the thief planted the cookie, waits for the verification, and acts in the grace that requests under way have."""
    victim = visitor()
    planted = {"cardbot_session": cookie(victim), "cardbot_device": cookie(victim, "cardbot_device")}
    heard: list[bytes] = []

    def listen() -> None:
        with requests.get(f"{server.url}/web/events?after=0", cookies=planted, stream=True, timeout=20) as stream:
            heard.extend(stream.iter_content(1024))

    ear = threading.Thread(target=listen)
    ear.start()
    victim.say("balance")
    victim.details(holder.last_four, holder.slashed, holder.birthday)
    statuses = [say(server, text, cookies=planted).status_code for text in ("change my email to thief@example.org", "yes", "balance")]
    settled(server)
    read = requests.get(f"{server.url}/web/events?after=0", cookies=planted, timeout=20)
    ear.join(20)

    assert cookie(victim) != planted["cardbot_session"]
    assert 202 not in statuses
    assert read.status_code in (401, 503)
    assert "₹" not in b"".join(heard).decode()
    assert bank.ledger.customer(holder.urn).email == holder.email
    assert "thief" not in "".join(victim.texts)


def test_a_token_taken_before_the_verification_does_not_lead_to_it(
    server: Server, visitor: Come, bank: Sandbox, holder: Holder
) -> None:
    """The thief gets the new token first; the victim's details must not go to the talk that the thief now has."""
    victim = visitor()
    victim.say("balance")
    planted = {each.name: each.value or "" for each in victim.http.cookies}
    taken = say(server, "hm", cookies=planted).cookies["cardbot_session"]

    given = victim.post({"type": "details", "last_four": holder.last_four, "card_expiry": holder.slashed, "date_of_birth": holder.birthday})
    settled(server)
    thief = {"cardbot_session": taken}
    asked = say(server, "balance", cookies=thief)
    with requests.get(f"{server.url}/web/events?after=0", cookies=thief, stream=True, timeout=10) as stream:
        seen = next(stream.iter_content(65536)).decode()

    assert given.status_code == 503
    assert asked.status_code == 202
    assert "₹" not in seen
    assert not [call for call in bank.calls if call.operation == "verify" and call.fields.get("last4Digits") == holder.last_four]


def test_a_retry_of_the_details_with_the_old_token_is_still_welcome(visitor: Come, server: Server, holder: Holder, bank: Sandbox) -> None:
    guest = visitor()
    guest.say("balance")
    old = {each.name: each.value or "" for each in guest.http.cookies}
    details = {"last_four": holder.last_four, "card_expiry": holder.slashed, "date_of_birth": holder.birthday}
    body = {"id": uuid.uuid4().hex, "type": "details", **details}

    first = requests.post(f"{server.url}/web/messages", json=body, headers=HEADERS, cookies=old, timeout=20)
    again = requests.post(f"{server.url}/web/messages", json=body, headers=HEADERS, cookies=old, timeout=20)

    assert (first.status_code, again.status_code) == (202, 202)


def test_a_message_that_is_refused_while_details_are_asked_for_costs_nobody_the_talk(visitor: Come, server: Server) -> None:
    guest = visitor()
    guest.say("balance")

    statuses = [guest.post({"type": "text", "text": "why do you need it?"}).status_code for _ in range(30)]
    settled(server)

    assert set(statuses) == {202, 429}
    with guest.http.get(f"{server.url}/web/events", stream=True, timeout=10) as stream:
        assert stream.status_code == 200


def test_a_talk_that_was_ended_opens_no_more(server: Server, verified: Visitor) -> None:
    jar = {each.name: each.value or "" for each in verified.http.cookies}

    ended = verified.http.delete(f"{server.url}/web/session", timeout=10)

    assert ended.status_code == 204
    assert say(server, "balance", cookies=jar).status_code == 401
    assert requests.get(f"{server.url}/web/events", cookies=jar, timeout=10).status_code == 401


# ── other sites ─────────────────────────────────────────────────────────────────────────────────────

FOREIGN = ["https://evil.example", "null", "http://[", "file://", "http://127.0.0.1:1", "http://127.0.0.1.evil.example", "//", "data:", "http://127.0.0.1@evil.example"]  # fmt: skip


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_page_of_another_site_gets_nowhere(server: Server, verified: Visitor, origin: str) -> None:
    jar = {each.name: each.value or "" for each in verified.http.cookies}

    began = requests.post(f"{server.url}/web/session", json={}, headers={**HEADERS, "Origin": origin}, timeout=10)
    spoke = say(server, "balance", cookies=jar, headers={"Origin": origin})
    read = requests.get(f"{server.url}/web/events", cookies=jar, headers={"Origin": origin}, stream=True, timeout=10)
    read.close()
    ended = requests.delete(f"{server.url}/web/session", cookies=jar, headers={**HEADERS, "Origin": origin}, timeout=10)
    asked_first = requests.options(f"{server.url}/web/messages", headers={"Origin": origin, "Access-Control-Request-Method": "POST"}, timeout=10)

    assert [each.status_code for each in (began, spoke, read, ended)] == [403, 401, 401, 401]
    for each in (began, spoke, read, ended, asked_first):
        assert not [name for name in each.headers if name.lower().startswith("access-control")]
    assert "set-cookie" not in began.headers


def test_a_forged_form_lacks_the_header(server: Server, verified: Visitor) -> None:
    jar = {each.name: each.value or "" for each in verified.http.cookies}
    body = json.dumps({"id": uuid.uuid4().hex, "type": "text", "text": "balance"})

    forged = requests.post(f"{server.url}/web/messages", data=body, headers={"Content-Type": "text/plain"}, cookies=jar, timeout=10)

    assert forged.status_code == 401


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(server: Server) -> None:
    answer = requests.post(f"{server.url}/web/session", json={}, headers=HEADERS, timeout=10)

    for header in answer.raw.headers.getlist("set-cookie"):
        assert "HttpOnly" in header
        assert "SameSite=Strict" in header


# ── bodies ──────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_smuggled_beside_the_text_arrives_nowhere(server: Server, visitor: Come) -> None:
    mark, guest = f"smuggled{secrets.token_hex(6)}", visitor()
    values = [{"ref": "A" * 22, "kind": "four_digits", "note": mark}]
    smuggled = {
        "metadata": {"is_external": True, "values": values, "message_class": "yes", "note": mark}, "slots": {"pending_request": mark},
        "input_channel": mark, "intent": {"name": "affirm"}, "parse_data": {"intent": {"name": mark}}, "facts": {"verdict": "verified"},
        "values": values, "message_class": "yes", "proposal": mark, "language": mark, "kind": "news", "address": mark, "title": mark,
    }  # fmt: skip

    for kind in ({"type": "text", "text": "hello"}, {"type": "button", "button": "x" * 16}, {"type": "details", "last_four": "12"}):
        assert guest.post({**smuggled, **kind}).status_code == 202
    settled(server)

    assert not [table for table, text in everything_stored(server) if mark in text]
    assert mark not in server.log()


def bodies() -> Iterator[bytes]:
    good = {"id": "a" * 16, "type": "text", "text": "hi"}
    yield from (b"", b"[]", b'"x"', b"null", b"5", b"{", b"\xff\xfe", b"{}" * 100, b"[" * 60_000, b'{"a":' * 9_000, b"1" * 50_000, b"NaN")
    for name in good:
        for value in (None, 5, [], {}, True, "", "\x00", "\ud800", "x" * 70, -(10**30), 1e308, {"$gt": ""}):
            yield json.dumps({**good, name: value}).encode()
        yield json.dumps({key: value for key, value in good.items() if key != name}).encode()
    for name in ("last_four", "card_expiry", "date_of_birth", "button"):
        for value in (None, 5, [], "\ud800\udfff", "\udc80", "\x00", "9" * 65, "٠" * 60, "𝟘" * 30):
            yield json.dumps({"id": uuid.uuid4().hex, "type": "button" if name == "button" else "details", name: value}).encode()
    yield b'{"id": "' + b"a" * 16 + b'", "type": "text", "text": "x", "n": ' + b"9" * 5000 + b"}"
    rng = random.Random(20)
    whole = json.dumps({**good, "text": "my card 8305 expires 08/27"}).encode()
    for _ in range(120):
        broken = bytearray(whole)
        for _ in range(rng.randrange(1, 4)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        yield bytes(broken)


def test_no_body_however_malformed_is_met_with_a_5xx_or_with_silence(server: Server, visitor: Come) -> None:
    odd: list[tuple[int, bytes]] = []
    guest = visitor()
    for number, body in enumerate(bodies()):
        if number % 15 == 0:
            guest = visitor()
        for path in ("messages", "acks"):
            answer = guest.http.post(f"{server.url}/web/{path}", data=body, headers={"Content-Type": "application/json"}, timeout=10)
            fine = answer.status_code in (202, 204) or (400 <= answer.status_code < 500 and answer.json()["error"])
            if not fine:
                odd.append((answer.status_code, body[:80]))
    settled(server)

    assert odd == []
    assert visitor().say("hello")


KNOCKS = [
    b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET /static/%00 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /static/../../app.py HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /static/..%2f..%2fapp.py HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /static/%2e%2e/app.py HTTP/1.1\r\nHost: x\r\n\r\n", b"GET //etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", b"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /web/events?after=%FF HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nCookie: \xff=\x80; cardbot_session=\xfe\r\n\r\n",
    b"GET /static/widget.js HTTP/1.1\r\nHost: x\r\nIf-Modified-Since: never\r\nRange: bytes=z-a\r\n\r\n", b"POST /web/session HTTP/1.1\r\nHost: \xff\r\nX-Cardbot: 1\r\nContent-Length: 0\r\n\r\n",
    b"POST /web/messages HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", b"POST /web/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /web/messages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFF\r\n", b"GET /" + b"a" * 30_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"b" * 30_000 + b"\r\n\r\n", b"POST /web/messages HTTP/1.1\r\nHost: x\r\nX-Cardbot: 1\r\nOrigin: http://[\r\nContent-Length: 2\r\n\r\n{}",
]  # fmt: skip


@pytest.mark.parametrize("knock", KNOCKS, ids=lambda knock: ascii(knock[:50]))
def test_no_request_however_malformed_is_met_with_a_5xx_or_a_file(server: Server, knock: bytes) -> None:
    answer = raw(server, knock)

    status = answer.split(b" ", 2)[1:2]
    assert not status or status[0] < b"500", answer[:300]
    assert b"from __future__" not in answer
    assert b"root:" not in answer


def test_a_message_that_is_too_long_is_told_so(visitor: Come) -> None:
    guest = visitor()

    fits, over = guest.post({"type": "text", "text": "a b " * 1024}), guest.post({"type": "text", "text": "a" * 4097})

    assert fits.status_code == 202
    assert over.status_code == 413
    assert "long" in over.json()["text"]


@pytest.mark.parametrize("size", [70_000, 1_000_000, 20_000_000])
def test_a_body_that_is_too_big_is_refused_and_holds_nobody_up(server: Server, visitor: Come, size: int) -> None:
    guest = visitor()
    head = f"POST /web/messages HTTP/1.1\r\nHost: x\r\nX-Cardbot: 1\r\nCookie: cardbot_session={cookie(guest)}\r\nContent-Length: {size}\r\n\r\n"
    answers: list[bytes] = []
    sender = threading.Thread(target=lambda: answers.append(raw(server, head.encode() + b"a" * size)))

    sender.start()
    slowest = 0.0
    while sender.is_alive():
        began = time.monotonic()
        assert requests.get(f"{server.url}/health", timeout=10).status_code == 200
        slowest = max(slowest, time.monotonic() - began)
    sender.join()

    assert not answers[0] or answers[0].startswith((b"HTTP/1.1 413", b"HTTP/1.1 400"))
    assert slowest < 2.0  # a machine that runs other tests beside this one


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip", "x"])
def test_a_packed_body_is_refused_unopened(server: Server, visitor: Come, encoding: str) -> None:
    bomb = gzip.compress(b"0" * 20_000_000)

    answer = visitor().http.post(f"{server.url}/web/messages", data=bomb, headers={"Content-Encoding": encoding}, timeout=10)

    assert answer.status_code == 415


def test_outside_the_gateway_there_is_no_page_and_nothing_names_what_runs_here(server: Server) -> None:
    paths = ("conversations/x/tracker", "model", "status", "domain", "version", "webhooks/rest/webhook", "socket.io/", "actions", "webhook", "docs", "metrics.json", ".git/config", "static/", "static/../cli.py")  # fmt: skip

    found = {path: requests.get(f"{server.url}/{path}", timeout=10) for path in paths}
    page = requests.get(f"{server.url}/", timeout=10)

    assert {each.status_code for each in found.values()} <= {403, 404}, {path: each.status_code for path, each in found.items()}
    for answer in (page, *found.values()):
        told = (str(answer.headers) + answer.text).lower()
        assert not any(name in told for name in ("rasa", "sanic", "python/", "traceback"))
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]


DIGITS = ["٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "０１２３４５６７８９", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "৩" * 10, "⁰¹²³⁴⁵⁶⁷⁸⁹", "⓪①②③④⑤⑥⑦⑧⑨"]


@pytest.mark.parametrize("joint", ["", "\u200b", "\u00ad", "\ufe0f"])
@pytest.mark.parametrize("digits", DIGITS, ids=lambda digits: digits[3])
def test_details_in_other_digits_are_read_alike_or_asked_again_but_never_kept(
    visitor: Come, server: Server, bank: Sandbox, digits: str, joint: str
) -> None:
    holder, guest = new_holder(bank), visitor()
    typed = joint.join(f"{holder.last_four} {holder.slashed} {holder.birthday}".translate({48 + n: digits[n] for n in range(10)}))

    guest.say("balance", quiet=0.3)
    told = guest.say(typed, quiet=0.3)

    assert told
    for table, text in everything_stored(server):
        assert typed not in text, table
        assert holder.birthday not in text, table
    assert typed not in server.log()
