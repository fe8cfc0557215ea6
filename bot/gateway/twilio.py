"""WhatsApp through Twilio: signed forms come in, calls of its Messages API go out."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from urllib.parse import parse_qsl, urlsplit

from sanic import HTTPResponse, Request, Sanic, response

from actions.guard.recipients import Recipient
from actions.settings import Secret, Settings
from bot.gateway.cutting import cut
from bot.gateway.delivery import Accepted, Envelope, GiveUp, Outcome, OutsideWindow, Part, TryAgain
from bot.gateway.edge import Inbound
from bot.gateway.outbox import Answer
from bot.gateway.platform_api import PlatformApi, PlatformAway, Reply
from bot.gateway.reception import Reception
from bot.gateway.runtime import Runtime
from bot.gateway.webhooks import is_same, read_body

MAX_BODY = 64 * 1024
MAX_TEXT = 1600
_NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
_SENDER = re.compile(r"whatsapp:\+?[A-Za-z0-9.]{5,140}")
_MESSAGE_ID = re.compile(r"[A-Za-z0-9]{2,64}")

# Codes of Twilio's reference of errors.
_OUTSIDE_WINDOW = frozenset({63016})
_TOO_FAST = frozenset({14107, 20429, 63017, 63018})
_OPERATORS = frozenset({20003, 20005, 63007, 63038})
OPERATOR_SECONDS = 60.0


class TwilioChannel:
    """Route /twilio/webhook. It shows no buttons: their words stand below the text, to be written."""

    name = "twilio"
    window: float | None = 24 * 3600.0

    def __init__(self, runtime: Runtime, settings: Settings, api: PlatformApi) -> None:
        self._runtime = runtime
        self._settings = settings
        self._api = api
        self._reception = Reception(runtime, self._refuse)
        self._own_address = f"{settings.public_url.rstrip('/')}/twilio/webhook"

    def register(self, app: Sanic) -> None:
        async def webhook(request: Request) -> HTTPResponse:
            return await self.take_webhook(request)

        app.add_route(webhook, "/twilio/webhook", methods=["POST"], name="twilio_webhook", stream=True)

    # ── is it authentic? ────────────────────────────────────────────────────────────────────────

    async def take_webhook(self, request: Request) -> HTTPResponse:
        body = await read_body(request, MAX_BODY)
        given = request.headers.get("x-twilio-signature", "")
        if not given:
            return response.empty(401)
        fields = _fields(body)
        if fields is None or not self._is_signed(given, request.query_string, fields):
            return response.empty(403)
        inbound = self._inbound(dict(fields))
        if inbound is not None:
            await self._reception.take([inbound])
        return response.text(_NOTHING, content_type="text/xml; charset=utf-8")

    def _is_signed(self, given: str, query: str, fields: Sequence[tuple[str, str]]) -> bool:
        """Twilio signs the address that it was told to call, with or without the port that goes without saying."""
        address = self._own_address + (f"?{query}" if query else "")
        secret = self._settings.twilio_auth_token
        return any([is_same(signature(each, fields, secret), given) for each in (address, _with_port(address))])  # noqa: C419

    # ── who sends it, and what kind of message is it? ───────────────────────────────────────────

    def _inbound(self, form: dict[str, str]) -> Inbound | None:
        sender, message_id = form.get("From", ""), form.get("MessageSid", "")
        is_ours = form.get("To") == self._settings.twilio_from and form.get("AccountSid") == self._settings.twilio_account_sid
        if not is_ours or not _SENDER.fullmatch(sender) or not _MESSAGE_ID.fullmatch(message_id):
            return None
        # Alphabets of seven bits have no at-sign and bring this instead.
        text = form.get("Body", "").replace("¡", "@")
        is_text = text.strip() and form.get("NumMedia", "0") == "0"
        pseudonym = self._runtime.edge.pseudonym
        return Inbound(
            conversation=f"{self.name}:{pseudonym('conversation', self.name, sender)}",
            identity=pseudonym("identity", self.name, sender),
            message_id=message_id,
            kind="text" if is_text else "media",
            text=text if is_text else "",
            recipient=Recipient(sender),
        )

    # ── answers ─────────────────────────────────────────────────────────────────────────────────

    def parts(self, answer: Answer, language: str) -> Sequence[Part]:
        titles = "".join(f"\n• {each['title']}" for each in answer.buttons)
        return [{"Body": each} for each in cut([*answer.pieces(), (titles, False)], MAX_TEXT)]

    def send(self, envelope: Envelope) -> Outcome:
        try:
            return outcome(self._call({"To": envelope.recipient.to, **envelope.part}))
        except PlatformAway as error:
            return TryAgain(f"twilio is away: {error}")

    def _call(self, form: Mapping[str, str]) -> Reply:
        settings = self._settings
        account = settings.twilio_account_sid
        return self._api.post(
            f"{settings.twilio_api_base.rstrip('/')}/2010-04-01/Accounts/{account}/Messages.json",
            form={"From": settings.twilio_from, **form},
            login=(account, settings.twilio_auth_token.reveal()),
        )

    def _refuse(self, inbound: Inbound, text: str) -> None:
        if inbound.recipient is not None:
            with suppress(PlatformAway):
                self._call({"To": inbound.recipient.to, "Body": text})


def signature(address: str, fields: Sequence[tuple[str, str]], secret: Secret) -> str:
    """What Twilio puts into X-Twilio-Signature: its SHA-1 is a MAC, which collisions do not break."""
    text = address + "".join(name + value for name, value in sorted(set(fields)))
    made = hmac.new(secret.reveal().encode(), text.encode("utf-8", "surrogatepass"), hashlib.sha1)
    return base64.b64encode(made.digest()).decode()


def _with_port(address: str) -> str:
    parts = urlsplit(address)
    if parts.port is not None:
        return parts._replace(netloc=parts.hostname or "").geturl()
    return parts._replace(netloc=f"{parts.netloc}:{443 if parts.scheme == 'https' else 80}").geturl()


def _fields(body: bytes) -> list[tuple[str, str]] | None:
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=200, errors="strict")
    except ValueError:
        return None


def outcome(reply: Reply) -> Outcome:
    """What the platform's answer to a message means."""
    sid, code = reply.body.get("sid"), reply.body.get("code")
    if reply.is_ok and isinstance(sid, str):
        return Accepted(sid)
    why = f"twilio answered {reply.status}, code {code if isinstance(code, int) else 'none'}"
    if code in _OUTSIDE_WINDOW:
        return OutsideWindow()
    if code in _OPERATORS or reply.status in (401, 403):
        return TryAgain(why, OPERATOR_SECONDS)
    if code in _TOO_FAST or reply.status == 429 or reply.status >= 500 or reply.status < 400:
        return TryAgain(why, reply.retry_after)
    return GiveUp(why)
