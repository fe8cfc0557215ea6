"""WhatsApp through Twilio: signed forms come in, calls of its Messages API go out."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlsplit

from sanic import HTTPResponse, Request, response

from actions.settings import Secret, Settings
from bot.gateway.cutting import cut
from bot.gateway.delivery import Accepted, Envelope, GiveUp, Outcome, OutsideWindow, Part, Refusal, TryAgain
from bot.gateway.edge import Inbound
from bot.gateway.outbox import Answer
from bot.gateway.platform_api import PlatformApi, Reply
from bot.gateway.pushed import OPERATOR_SECONDS, PushedChannel, code_in
from bot.gateway.reports import Report, Reports
from bot.gateway.runtime import Runtime
from bot.gateway.tags import Tag
from bot.gateway.webhooks import is_same, read_body

MAX_BODY = 64 * 1024
MAX_TEXT = 1600
_NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
_SENDER = re.compile(r"whatsapp:\+?[A-Za-z0-9.]{5,140}")
_MESSAGE_ID = re.compile(r"[A-Za-z0-9]{2,64}")
_REPORTED = {"sent": "sent", "delivered": "delivered", "read": "read", "failed": "failed", "undelivered": "failed"}

# Codes of Twilio's reference of errors.
_OUTSIDE_WINDOW = frozenset({63016})
_TOO_FAST = frozenset({14107, 20429, 63017, 63018})
_OPERATORS = frozenset({20003, 20005, 63007, 63038})


class TwilioChannel(PushedChannel):
    """It shows no buttons: their words stand below the text, to be written. Reports come to the webhook, too."""

    name = "twilio"
    window = 24 * 3600.0
    reports = True

    def __init__(self, runtime: Runtime, settings: Settings, api: PlatformApi) -> None:
        super().__init__(runtime, settings, api)
        self._own_address = f"{settings.public_url.rstrip('/')}/twilio/webhook"
        self._reports = Reports(runtime, self.name, lambda code: meaning(code) or GiveUp("unknown"))
        self.hint = {"ContentSid": settings.twilio_template} if settings.twilio_template else None

    # ── is it authentic? ────────────────────────────────────────────────────────────────────────

    async def take_webhook(self, request: Request) -> HTTPResponse:
        body = await read_body(request, MAX_BODY)
        given = request.headers.get("x-twilio-signature", "")
        if not given:
            return response.empty(401)
        fields = _fields(body)
        if fields is None or not self._is_signed(given, request.query_string, fields):
            return response.empty(403)
        form = dict(fields)
        if "MessageStatus" in form:
            if report := self._report(form, request.args.get("answer") or ""):
                await asyncio.to_thread(self._reports.note, [report])
            return response.empty(204)
        inbound = self._message(form)
        if inbound is not None:
            await self._reception.take([inbound])
        return response.text(_NOTHING, content_type="text/xml; charset=utf-8")

    def _is_signed(self, given: str, query: str, fields: Sequence[tuple[str, str]]) -> bool:
        """Twilio signs the address that it was told to call, with or without the port that goes without saying."""
        address = self._own_address + (f"?{query}" if query else "")
        secret = self._settings.twilio_auth_token
        return any([is_same(signature(each, fields, secret), given) for each in (address, _with_port(address))])  # noqa: C419

    # ── who sends it, and what kind of message is it? ───────────────────────────────────────────

    def _message(self, form: Mapping[str, str]) -> Inbound | None:
        sender, message_id = form.get("From", ""), form.get("MessageSid", "")
        if not self._is_ours(form, "To") or not _SENDER.fullmatch(sender) or not _MESSAGE_ID.fullmatch(message_id):
            return None
        # Alphabets of seven bits have no at-sign and bring this instead.
        text = form.get("Body", "").replace("¡", "@")
        is_text = text.strip() and form.get("NumMedia", "0") == "0"
        return self._inbound(sender, message_id, ("text", text) if is_text else ("media", ""))

    def _report(self, form: Mapping[str, str], tag: str) -> Report | None:
        """What became of a message that went out."""
        sid, status, code = form.get("MessageSid", ""), _REPORTED.get(form["MessageStatus"]), form.get("ErrorCode", "")
        if not self._is_ours(form, "From") or status is None or not _MESSAGE_ID.fullmatch(sid):
            return None
        number = int(code) if re.fullmatch("[0-9]{1,9}", code) else None
        return Report(sid, status, self._runtime.services.clock(), _read_tag(tag), number)

    def _is_ours(self, form: Mapping[str, str], side: str) -> bool:
        settings = self._settings
        return form.get(side) == settings.twilio_from and form.get("AccountSid") == settings.twilio_account_sid

    # ── answers ─────────────────────────────────────────────────────────────────────────────────

    def parts(self, answer: Answer, language: str) -> Sequence[Part]:
        titles = "".join(f"\n• {each['title']}" for each in answer.buttons)
        return [{"Body": each} for each in cut([*answer.pieces(), (titles, False)], MAX_TEXT)]

    def _deliver(self, envelope: Envelope) -> Reply:
        settings, account = self._settings, self._settings.twilio_account_sid
        report = {"StatusCallback": f"{self._own_address}?answer={_tag(envelope.tag)}"} if envelope.tag else {}
        return self._api.post(
            f"{settings.twilio_api_base.rstrip('/')}/2010-04-01/Accounts/{account}/Messages.json",
            form={"From": settings.twilio_from, "To": envelope.recipient.to, **report, **envelope.part},
            login=(account, settings.twilio_auth_token.reveal()),
        )

    def _outcome(self, reply: Reply) -> Outcome:
        return outcome(reply)

    def _text(self, text: str) -> Part:
        return {"Body": text}


def _tag(tag: Tag) -> str:
    """The tag in an address, where nothing needs escaping."""
    return str(tag).partition(":")[2].replace("|", ".")


def _read_tag(text: str) -> Tag | None:
    return Tag.read(f"{TwilioChannel.name}:{text.replace('.', '|')}")


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


def meaning(code: int | None, why: str = "", seconds: float | None = None) -> Refusal | None:
    """What one of Twilio's codes means for a message, in an answer or in a later report; None if it says nothing."""
    if code in _OUTSIDE_WINDOW:
        return OutsideWindow()
    if code in _OPERATORS:
        return TryAgain(why, OPERATOR_SECONDS)
    return TryAgain(why, seconds) if code in _TOO_FAST else None


def outcome(reply: Reply) -> Outcome:
    """What the platform's answer to a message means."""
    sid, code = reply.body.get("sid"), code_in(reply.body)
    if reply.is_ok and isinstance(sid, str):
        return Accepted(sid)
    why = f"twilio answered {reply.status}, code {'none' if code is None else code}"
    known = meaning(code, why, reply.retry_after)
    if known is not None:
        return known
    if reply.status in (401, 403):
        return TryAgain(why, OPERATOR_SECONDS)
    if reply.status == 429 or reply.status >= 500 or reply.status < 400:
        return TryAgain(why, reply.retry_after)
    return GiveUp(why)
