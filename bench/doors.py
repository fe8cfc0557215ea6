"""Platforms' webhooks: how soon they are answered, acknowledged while the bank hangs, and refused when unsigned."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
import secrets
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from urllib.parse import urlencode

from aiohttp import web

from bench.connection import Connection
from bench.latency import third_turns_of
from bench.results import percentile

SECRET, NUMBER, ACCOUNT, FROM = "a-secret-of-the-benchmark", "700000000000001", "AC" + "0" * 32, "whatsapp:+14155550100"
PUBLIC_URL = "http://cards.example"  # so that cookies travel without TLS
# On three channels together twenty messages a second.
SPEAKERS = 2
PAUSE = 0.3
REFUSALS = 200
PATIENCE = 30.0
# An answer that follows another one of its turn comes within this many seconds.
QUIET = 0.005

Knock = tuple[str, bytes, dict[str, str]]


class Platforms:
    """Takes whatever is sent to WhatsApp, Telegram and Twilio, at once; `heard` learns to whom each answer went."""

    def __init__(self) -> None:
        self.heard: Callable[[str], None] = lambda recipient: None

    async def __aenter__(self) -> Platforms:
        app = web.Application()
        app.router.add_post("/{path:.*}", self._take)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    @property
    def settings(self) -> dict[str, str]:
        """What switches all three channels on, towards these."""
        host, port = self._runner.addresses[0][:2]
        base = f"http://{host}:{port}"
        return {
            "CARDBOT_PUBLIC_URL": PUBLIC_URL,
            **{f"CARDBOT_{each}_API_BASE": base for each in ("WHATSAPP", "TELEGRAM", "TWILIO")},
            **{f"CARDBOT_WHATSAPP_{each}": SECRET for each in ("ACCESS_TOKEN", "APP_SECRETS", "VERIFY_TOKEN")},
            "CARDBOT_WHATSAPP_PHONE_NUMBER_IDS": NUMBER,
            "CARDBOT_TELEGRAM_TOKEN": "1:token",
            "CARDBOT_TELEGRAM_SECRET_TOKEN": SECRET,
            "CARDBOT_TWILIO_ACCOUNT_SID": ACCOUNT,
            "CARDBOT_TWILIO_AUTH_TOKEN": SECRET,
            "CARDBOT_TWILIO_FROM": FROM,
        }

    async def _take(self, request: web.Request) -> web.Response:
        if recipient := await _answered(request):
            self.heard(recipient)
        if request.path.startswith("/bot"):
            return web.json_response({"ok": True, "result": {"message_id": 1}})
        if request.path.startswith("/2010"):
            return web.json_response({"sid": "SM" + secrets.token_hex(16)}, status=201)
        return web.json_response({"success": True, "messages": [{"id": f"wamid.{secrets.token_hex(8)}"}]})


async def _answered(request: web.Request) -> str | None:
    """Whom the answer is for; None for a read mark, "is typing" and the like."""
    if request.path.endswith("/Messages.json"):
        return str((await request.post())["To"])
    body = await request.json()
    if request.path.endswith("/sendMessage"):
        return str(body["chat_id"])
    return str(body["to"]) if body.get("to") else None


_numbers = itertools.count(1)


def whatsapp(who: int, text: str) -> Knock:
    message = {"from": f"9198{who:08}", "id": f"wamid.B{next(_numbers)}", "timestamp": "1795000000", "type": "text", "text": {"body": text}}
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": NUMBER}, "messages": [message]}
    change = {"field": "messages", "value": value}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}).encode()
    made = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return "/whatsapp/webhook", body, {"x-hub-signature-256": f"sha256={made}"}


def telegram(who: int, text: str) -> Knock:
    number = next(_numbers)
    chat, person = {"id": who, "type": "private"}, {"id": who, "is_bot": False, "first_name": "A"}
    message = {"message_id": number, "from": person, "chat": chat, "date": 1795000000, "text": text}
    body = json.dumps({"update_id": number, "message": message}).encode()
    return "/telegram/webhook", body, {"x-telegram-bot-api-secret-token": SECRET}


def twilio(who: int, text: str) -> Knock:
    form = {"From": f"whatsapp:+9197{who:08}", "To": FROM, "AccountSid": ACCOUNT, "MessageSid": f"SM{next(_numbers):032x}", "Body": text}
    signed = f"{PUBLIC_URL}/twilio/webhook" + "".join(name + form[name] for name in sorted(form))
    made = base64.b64encode(hmac.new(SECRET.encode(), signed.encode(), hashlib.sha1).digest()).decode()
    headers = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": made}
    return "/twilio/webhook", urlencode(form).encode(), headers


CHANNELS: Mapping[str, Callable[[int, str], Knock]] = {"whatsapp": whatsapp, "telegram": telegram, "twilio": twilio}


async def acknowledged(url: str, texts: Iterator[str], messages: int) -> dict[str, float]:
    """The 99th percentile over messages on every channel, and of a page that needs nothing at the same time."""
    jobs = [_speak(url, name, 100 * at + n, texts, messages) for at, name in enumerate(CHANNELS) for n in range(SPEAKERS)]
    *spoken, trivial = await asyncio.gather(*jobs, _look(url, messages * 4))
    took = [each for some in spoken for each in some]
    return {"ack_webhooks_p99_ms": 1000 * percentile(took, 0.99), "health_p99_ms": 1000 * percentile(trivial, 0.99)}


class WebhookTalk:
    """One cardholder on one channel: a signed webhook goes in, and the answer comes out at the platform."""

    def __init__(self, http: Connection, channel: str, who: int, platforms: Platforms) -> None:
        self._http, self._who = http, who
        self._make = CHANNELS[channel]
        self._name = {"whatsapp": f"9198{who:08}", "telegram": str(who), "twilio": f"whatsapp:+9197{who:08}"}[channel]
        self._platforms = platforms

    async def say(self, text: str) -> float:
        """The seconds between; waits for the answers that follow the first one, too."""
        answered: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        last = 0.0

        def hear(recipient: str) -> None:
            nonlocal last
            last = time.perf_counter()
            if recipient == self._name and not answered.done():
                answered.set_result(last)

        self._platforms.heard = hear
        began = time.perf_counter()
        await _knock(self._http, self._make(self._who, text), (200,))
        took = await asyncio.wait_for(answered, PATIENCE) - began
        while (left := last + QUIET - time.perf_counter()) > 0:
            await asyncio.sleep(left)
        return took


async def third_turns(url: str, texts: Iterator[str], platforms: Platforms, talks: int) -> dict[str, float]:
    """The median third turn of new conversations on each channel, of those that follow at once and of those after a pause."""
    async with Connection(url) as http:

        @asynccontextmanager
        async def talk(channel: str, number: int) -> AsyncIterator[WebhookTalk]:
            yield WebhookTalk(http, channel, 900_000 + number, platforms)

        spoken = [await third_turns_of(partial(talk, channel), texts, talks) for channel in CHANNELS]
    at_once, paused = ([each for some in kind for each in some] for kind in zip(*spoken, strict=True))
    return {
        "webhook_turn3_p50_ms": 1000 * statistics.median(at_once),
        "webhook_turn3_paused_p50_ms": 1000 * statistics.median(paused),
    }


async def refused(url: str) -> dict[str, float]:
    """Each request that nobody signed, or signed wrongly: the median and the 99th percentile."""
    took = []
    async with Connection(url) as http:
        for number in range(REFUSALS):
            for make in CHANNELS.values():
                path, body, headers = make(number, "what is my balance?")
                wrong = {name: value[:-4] + "AAAA" for name, value in headers.items() if name.startswith("x-")}
                took.append(await _knock(http, (path, body, wrong if number % 2 else {}), (401, 403)))
    return {"refused_p50_ms": 1000 * percentile(took, 0.5), "refused_p99_ms": 1000 * percentile(took, 0.99)}


async def _speak(url: str, channel: str, who: int, texts: Iterator[str], messages: int) -> list[float]:
    took = []
    await asyncio.sleep(who % 7 * PAUSE / 7)  # not all at once
    async with Connection(url) as http:
        for number in range(messages):  # of many cardholders, so that never more than a few messages of one wait
            took.append(await _knock(http, CHANNELS[channel](1000 * who + number % 8, next(texts)), (200,)))
            await asyncio.sleep(PAUSE)
    return took


async def _look(url: str, times: int) -> list[float]:
    took = []
    async with Connection(url) as http:
        for _ in range(times):
            began = time.perf_counter()
            await http.get("/health")
            took.append(time.perf_counter() - began)
            await asyncio.sleep(PAUSE / 4)
    return took


async def _knock(http: Connection, knock: Knock, wanted: tuple[int, ...]) -> float:
    path, body, headers = knock
    began = time.perf_counter()
    reply = await http.post(path, body, headers)
    if reply.status not in wanted:
        raise RuntimeError(f"{path} was answered {reply.status}")
    return time.perf_counter() - began
