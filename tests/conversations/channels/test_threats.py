"""Threats T16 and T20 to T24 at the doors that platforms knock at; the web's are tried in test_attacks_http and test_floods."""

from __future__ import annotations

import copy
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conversations.cardholders import Holder
from tests.conversations.channels.phones import PHONES, Phone, TwilioPhone, WhatsAppPhone, kinds, recorded
from tests.conversations.channels.platforms import Platforms
from tests.conversations.hostile import everything_stored, raw
from tests.conversations.server import Server

FORGED = "\r\n2026-11-22 10:00:00 ERROR cardbot FORGED \x1b[31m\u2028FORGED"
HEAD = b"POST /%s/webhook HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n%s\r\n"


def signed(phone: Phone, webhook: Any) -> tuple[bytes, dict[str, str]]:
    """The body and headers as the platform would send them."""
    body = webhook if isinstance(webhook, bytes) else phone.encoded(webhook)
    return body, phone.signed(webhook) if isinstance(phone, TwilioPhone) else phone.headers(body)


def is_alive(server: Server, api: Platforms, channel: str) -> bool:
    """Whether somebody new is answered."""
    [make] = [each for each in PHONES if each.channel == channel]
    return "Hello!" in make(server.url, api).say("hello")[0]


def test_t16_while_one_floods_the_others_are_answered(whatsapp: WhatsAppPhone, server: Server, api: Platforms) -> None:
    others = [make(server.url, api) for make in PHONES]
    with ThreadPoolExecutor(8) as flood:
        flooding = [flood.submit(whatsapp.post, whatsapp.text(f"hello {number * ' again'}")) for number in range(100)]
        answered = [other.say("what can you do?") for other in others]
        statuses = [each.result().status_code for each in flooding]
    told = [call.text for call in api.wait(whatsapp.channel, whatsapp.address, 0)]

    assert set(statuses) == {200}
    assert all("I can tell you your balance" in texts[0] for texts in answered)
    assert len([text for text in told if "One thing at a time" in text or "still working on" in text]) == 1
    assert len(told) <= 21


# ── T20: what a cardholder wrote is in no log, whatever goes wrong meanwhile ────────────────────────

CANARY = "my card 8812 6604 expires 08/27, born 13-07-1961, mail canary.bird@example.com"
MARKS = ("8812", "6604", "13-07-1961", "1961", "canary.bird")


def hang_up(phone: Phone, server: Server, share: float) -> None:
    """A platform whose connection breaks in the middle, or right behind the end, of a message."""
    body, headers = signed(phone, phone.text(CANARY))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
    raw(server, HEAD % (phone.channel.encode(), len(body), lines) + body[: int(len(body) * share)], 0.2)


def locked_out(phones: list[Phone], server: Server) -> list[int]:
    """Messages while the database belongs to somebody else."""
    db = sqlite3.connect(server.var / "cardbot.db", isolation_level=None)
    try:
        db.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor() as senders:
            return list(senders.map(lambda phone: phone.post(phone.text(CANARY)).status_code, phones))
    finally:
        db.close()


def test_t20_no_log_holds_what_was_written_when_connections_break_or_the_platform_answers_nonsense(
    phone: Phone, server: Server, api: Platforms
) -> None:
    for share in (0.3, 0.9, 1.0):
        hang_up(phone, server, share)
    unsigned = phone.post(phone.encoded(phone.text(CANARY)), {"content-type": "application/json"}).status_code
    echoes: list[tuple[int, dict[str, Any]]] = [(400, {"error": {"message": CANARY, "code": CANARY}}), (500, {"description": CANARY})]
    api.trouble[phone.channel].extend(echoes)
    phone.say(CANARY)

    assert unsigned in (401, 403)
    assert not [mark for mark in MARKS if mark in server.log()]


def test_t20_no_log_holds_what_was_written_while_the_database_is_locked(server: Server, api: Platforms) -> None:
    phones = [make(server.url, api) for make in PHONES]

    refused = locked_out(phones, server)
    later = [phone.say(CANARY) for phone in phones]

    assert refused == [503] * len(phones)
    assert all(later)
    assert not [mark for mark in MARKS if mark in server.log()]


# ── T21: no line of the log is a stranger's ─────────────────────────────────────────────────────────


def leaves(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the texts are."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in pairs:
        if isinstance(inner, str):
            yield (*at, name)
        yield from leaves(inner, (*at, name))


def with_changed(value: Any, at: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    changed = copy.deepcopy(value)
    inner = changed
    for name in at[:-1]:
        inner = inner[name]
    inner[at[-1]] = change(inner[at[-1]])
    return changed


FORGEABLE = {
    "whatsapp": ("text", "button_reply", "status_failed", "template_button", "unsupported"),
    "telegram": ("text", "callback_query", "group_text", "contact"),
    "twilio": ("text", "status_failed", "button"),
}


def test_t21_line_breaks_and_colours_in_any_field_write_no_line_of_their_own(phone: Phone, server: Server) -> None:
    statuses = set()
    for kind in FORGEABLE[phone.channel]:
        found = recorded(phone.channel, kind)
        for at in leaves(found):
            statuses.add(phone.post(with_changed(found, at, lambda text: text + FORGED)).status_code)
    for path in ("%0d%0aFORGED", "webhook%1b%5b31mFORGED", f"webhook?{'%0aFORGED' * 3}"):
        statuses.add(requests.post(f"{server.url}/{phone.channel}/{path}", data=b"{}", headers={"user-agent": "FORGED"}, timeout=10).status_code)
    log = server.log()

    assert max(statuses) < 500
    assert "FORGED" not in log
    assert "\x1b" not in log


# ── T22: malformed input ────────────────────────────────────────────────────────────────────────────

ODD = (None, True, 5, -1, 10**40, 1.5, "", " ", "\x00", "\ud800", "x" * 5000, [], {}, [[]], [{}], [None], {"": ""}, {"id": {"id": []}})
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in pairs:
        yield (*at, name)
        yield from places(inner, (*at, name))


def broken(channel: str) -> st.SearchStrategy[Any]:
    """A recorded webhook of which one or two places hold something else, or anything at all."""

    @st.composite
    def one(draw: st.DrawFn) -> Any:
        found = recorded(channel, draw(st.sampled_from(kinds(channel))))
        for _ in range(draw(st.integers(1, 2))):
            spots = list(places(found))
            if spots:
                odd = draw(st.sampled_from(ODD) | anything) if channel != "twilio" else draw(st.text(max_size=40))
                found = with_changed(found, draw(st.sampled_from(spots)), lambda _, odd=odd: odd)
        return found

    return one() | (anything if channel != "twilio" else st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=5))


@pytest.mark.parametrize("channel", [each.channel for each in PHONES])
def test_t22_no_webhook_however_malformed_is_met_with_a_5xx(server: Server, api: Platforms, channel: str) -> None:
    [make] = [each for each in PHONES if each.channel == channel]
    phone, odd = make(server.url, api), []

    @given(broken(channel))
    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True)
    def knock(webhook: Any) -> None:
        try:
            body, headers = signed(phone, webhook)
        except UnicodeEncodeError:  # no form can hold half a character
            return
        status = phone.post(body, headers).status_code
        if status not in (200, 204, 400, 403):
            odd.append((status, body[:200]))

    knock()

    assert odd == []
    assert is_alive(server, api, channel)


RAGGED = (
    b"", b"[]", b"null", b'"x"', b"5", b"{", b"\xff\xfe\x00", b"NaN", b"1e999", b"[" * 50_000, b'{"a":' * 20_000, b"9" * 60_000,
    b'{"entry": ' + b"9" * 5000 + b"}", b'{"update_id": 1e400}', b"a=1&" * 300, b"%zz=%", b"\x1f\x8b\x08\x00",
)  # fmt: skip


@pytest.mark.parametrize("body", RAGGED, ids=lambda body: ascii(body[:12]))
def test_t22_no_body_that_is_no_webhook_is_met_with_a_5xx(phone: Phone, body: bytes) -> None:
    headers = {"x-twilio-signature": "AAAA"} if isinstance(phone, TwilioPhone) else phone.headers(body)

    assert phone.post(body, headers).status_code in (200, 400, 403, 413)


# ── T23: long messages and big bodies ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", [100_000_000, 4_000_000])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_t23_a_body_that_is_too_big_is_refused_and_holds_nobody_up(phone: Phone, server: Server, size: int, is_chunked: bool) -> None:
    sent, chunk = min(size, 5_000_000), b"a" * 65_536
    lines = b"Transfer-Encoding: chunked\r\n" if is_chunked else b"Content-Length: %d\r\n" % size
    body = (b"10000\r\n" + chunk + b"\r\n") * (sent // 65_536) if is_chunked else b"a" * sent
    answers: list[bytes] = []
    head = b"POST /%s/webhook HTTP/1.1\r\nHost: x\r\n%s\r\n" % (phone.channel.encode(), lines)
    sender = threading.Thread(target=lambda: answers.append(raw(server, head + body)))

    sender.start()
    others = []
    while sender.is_alive():
        others.append(requests.get(f"{server.url}/health", timeout=10).status_code)
    sender.join()

    assert set(others) <= {200}
    assert not answers[0] or answers[0].startswith((b"HTTP/1.1 413", b"HTTP/1.1 401", b"HTTP/1.1 400"))


def test_t23_a_message_that_is_too_long_is_told_so(phone: Phone) -> None:
    [told] = phone.answers_to(phone.text("a" * 4097))

    assert "long" in told


def test_t23_the_longest_message_is_read(whatsapp: WhatsAppPhone) -> None:
    assert whatsapp.say("hello " * 600)


# ── T24: digits in disguise ─────────────────────────────────────────────────────────────────────────

SCRIPTS = ("٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "０１２３４５６７８９", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "⓪①②③④⑤⑥⑦⑧⑨")


@pytest.mark.parametrize(("script", "make"), list(zip(SCRIPTS, [*PHONES, *PHONES], strict=False)), ids=lambda each: str(each)[3:4])
def test_t24_details_in_other_digits_are_read_alike_or_asked_again_but_never_kept(
    make: type[Phone], server: Server, api: Platforms, holder: Holder, script: str
) -> None:
    phone = make(server.url, api)
    joint = "\u200b" if script == SCRIPTS[2] else ""
    typed = joint.join(f"{holder.last_four} {holder.slashed} {holder.birthday}".translate({48 + n: script[n] for n in range(10)}))
    phone.say("balance")

    told = phone.say(typed)

    assert told
    for table, text in everything_stored(server):
        assert typed not in text, table
        assert holder.birthday not in text, table
    assert typed not in server.log()
    assert json.dumps(typed) not in server.log()
