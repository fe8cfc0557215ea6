"""The web channel: a session that the server issues, messages in by POST, answers out by server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from sanic import HTTPResponse, Request, Sanic, response

from actions.settings import Settings
from bot.gateway.conversations import Line
from bot.gateway.edge import Inbound, Receipt
from bot.gateway.outbox import Sending
from bot.gateway.runtime import Runtime
from bot.gateway.sealing import PROVING
from bot.gateway.watchers import Watcher
from bot.gateway.web_acks import WebAcks
from bot.gateway.web_bodies import json_object, said_in
from bot.gateway.web_cookies import SESSION_COOKIE, WebCookies
from bot.gateway.web_events import asked_position, event, message
from bot.gateway.web_identity import WebIdentity
from bot.gateway.web_opening import WebOpening
from bot.gateway.web_origins import WebOrigins
from bot.gateway.web_sessions import WebSession, WebSessions

P = ParamSpec("P")
T = TypeVar("T")

PING_SECONDS = 15.0
STREAMS_PER_SESSION = 8
_REFUSALS = {
    "utter_too_long": (413, "too_long"),
    "utter_slow_down": (429, "slow_down"),
    "utter_still_busy": (429, "slow_down"),
}


@dataclass(frozen=True)
class _News:
    """What a stream has to tell; `lines` is None when it ends, `is_closed` says that the talk has."""

    lines: list[Line] | None
    sendings: Mapping[int, Sending] = field(default_factory=dict)
    is_asking: bool = False
    is_closed: bool = False


_NO_LINES = _News([])


class WebChannel:
    """Routes under /web. A cookie that was not issued opens nothing; neither does any id in a body."""

    def __init__(self, runtime: Runtime, settings: Settings) -> None:
        self._runtime = runtime
        self._settings = settings
        self._origins = WebOrigins(settings)
        self._cookies = WebCookies(settings)
        self._sessions = WebSessions(runtime.services.storage, runtime.services.clock)
        self._acks = WebAcks(runtime.shown)

    def register(self, app: Sanic) -> None:
        WebOpening(self._runtime, self._settings, self._origins, self._sessions, self._cookies).register(app)
        app.add_route(self.close_session, "/web/session", methods=["DELETE"], name="close_session")
        app.add_route(self.take_message, "/web/messages", methods=["POST"])
        app.add_route(self.take_ack, "/web/acks", methods=["POST"])
        app.add_route(self.stream, "/web/events", methods=["GET"])
        app.before_server_stop(self._write_acks)
        identities = self._runtime.services.host_identities
        if identities is not None:
            WebIdentity(identities, self._origins, self._sessions, SESSION_COOKIE).register(app)

    # ── who is it? ──────────────────────────────────────────────────────────────────────────────

    async def close_session(self, request: Request) -> HTTPResponse:
        session = await self._session_of(request)
        if session is None:
            return _error(401, "no_session")
        await asyncio.to_thread(self._end, session)
        reply = response.empty()
        self._cookies.end(reply)
        return reply

    def _end(self, session: WebSession) -> None:
        self._sessions.end(session)
        self._runtime.services.sessions.end(session.conversation, "web session ended")
        self._runtime.watchers.notify(session.conversation)

    async def _session_of(self, request: Request) -> WebSession | None:
        if not (self._origins.is_own_page(request) if request.method == "GET" else self._origins.is_from_widget(request)):
            return None
        return await self._look(self._sessions.find, self._cookies.session(request))

    async def _look(self, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Read a few rows: from a file that is quicker than a thread, while a server may keep whoever asks it waiting."""
        if self._runtime.services.storage.is_sqlite:
            return read(*args, **kwargs)
        return await asyncio.to_thread(read, *args, **kwargs)

    def _identity(self, request: Request) -> str:
        return self._runtime.edge.pseudonym("identity", "web", self._cookies.device(request))

    # ── what kind of message is it? ─────────────────────────────────────────────────────────────

    async def take_message(self, request: Request) -> HTTPResponse:
        if not self._origins.is_from_widget(request):
            return _error(401, "no_session")
        return await asyncio.to_thread(self._take_message, request)

    def _take_message(self, request: Request) -> HTTPResponse:
        token = self._cookies.session(request)
        with self._runtime.services.storage.glance() as conn:
            session = self._sessions.find_in(conn, token)
            again = None
            if token and (session is None or session.is_replaced):
                again = self._sessions.successor_in(conn, token, self._next_token(token, request))
        session = again or session
        if session is None:
            return _error(401, "no_session")
        inbound = self._inbound(request, session)
        if inbound is None:
            return _error(422, "bad_request", self._runtime.services.words.say("utter_text_only"))
        if session.is_replaced and not self._runtime.knows(inbound):
            # Somebody who knew the old token must not speak in a talk that is verified by now: only a retry may.
            return _error(503, "come_back", wait=1)
        if again is None:
            receipt, fresh = self._receive(session, inbound, token, request)
        else:  # this very message replaced the token, and its answer never arrived
            receipt, fresh = self._runtime.edge.receive(inbound), again
        if receipt.refusal is not None:
            status, error = _REFUSALS[receipt.refusal]
            reply = _error(status, error, receipt.refusal_text, wait=5 if status == 429 else 0)
        else:
            reply = response.json({"accepted": True, "echo": receipt.echo}, status=202)
        if fresh is not None:
            self._cookies.begin(reply, fresh.token)
        return reply

    def _next_token(self, token: str, request: Request) -> str:
        """The same for every delivery of one message, and not to be guessed without its id, which is random."""
        return self._runtime.services.keys.mac("web token", token, str(json_object(request.body).get("id")))

    def _receive(
        self, session: WebSession, inbound: Inbound, token: str, request: Request
    ) -> tuple[Receipt, WebSession | None]:
        """Whoever gives details that prove who they are gets a new token: a token that somebody else knew ends here."""
        is_proving = session.seen.expecting in PROVING
        fresh = self._sessions.replace(session, self._next_token(token, request)) if is_proving else None
        if fresh is None:
            self._sessions.touch(session)
        else:
            self._runtime.watchers.notify(session.conversation)
        return self._runtime.edge.receive(inbound), fresh

    def _inbound(self, request: Request, session: WebSession) -> Inbound | None:
        said = said_in(request.body)
        if said is None:
            return None
        return Inbound(
            conversation=session.conversation,
            identity=self._identity(request),
            message_id=f"{session.conversation}:{said.message_id}",
            kind=said.kind,
            text=said.text,
            fields=said.fields,
            address=self._origins.address(request),
            language=session.language,
            seen=session.seen,
        )

    # ── answers ─────────────────────────────────────────────────────────────────────────────────

    async def take_ack(self, request: Request) -> HTTPResponse:
        if not self._origins.is_from_widget(request):
            return _error(401, "no_session")
        token = self._cookies.session(request)
        conversation = self._acks.conversation_of(token)
        if conversation is None:
            session = await self._look(self._sessions.find, token)
            if session is None:
                return _error(401, "no_session")
            conversation = session.conversation
        last = json_object(request.body).get("last")
        if not isinstance(last, int) or isinstance(last, bool) or not 0 <= last < 2**31:
            return _error(422, "bad_request")
        self._acks.note(conversation, last)
        return response.empty()

    async def _write_acks(self, app: Sanic) -> None:
        await self._acks.finish()

    async def stream(self, request: Request) -> HTTPResponse | None:
        session = await self._session_of(request)
        if session is None:
            return _error(401, "no_session")
        if session.is_replaced:  # the new cookie is on its way
            return _error(503, "come_back", wait=1)
        if self._runtime.watchers.count(session.conversation) >= STREAMS_PER_SESSION:
            return _error(429, "slow_down")
        stream = await request.respond(content_type="text/event-stream; charset=utf-8")
        assert stream is not None  # noqa: S101  # Sanic returns None only for a second response
        with self._runtime.watchers.watching(session.conversation) as watcher, self._acks.told(session.token, session.conversation):
            await self._feed(stream, session, watcher, asked_position(request))
        return None

    async def _feed(self, stream: HTTPResponse, session: WebSession, watcher: Watcher, after: int | None) -> None:
        typing, position = False, after or 0
        await stream.send(": connected\n\n")
        news = await self._look(self._news, session, position)
        while news.lines is not None:
            told = [_told(line, news) for line in news.lines]
            if watcher.is_typing != typing:
                typing = watcher.is_typing
                told.append(event("typing", {"on": typing}))
            if told:
                await stream.send("".join(told))
            position = watcher.position = news.lines[-1].position if news.lines else position
            changed = await watcher.wait(PING_SECONDS)
            if self._runtime.watchers.is_closing:
                return
            if changed and not watcher.has_lines():
                news = _NO_LINES
                continue
            news = await self._look(self._news, session, position)
            if not changed and news.lines is not None:
                await stream.send(": ping\n\n")
        if news.is_closed:
            await stream.send(event("closed", {}))

    def _news(self, session: WebSession, position: int) -> _News:
        """What is behind the position; with a token that was replaced nothing: the widget comes back with the new one.

        The token is looked at last: whoever has it still may have what was read before.
        """
        with self._runtime.services.storage.glance() as conn:
            after = self._runtime.outbox.after_in(conn, session.conversation, position)
            known = self._sessions.find_in(conn, session.token)
            if known is None or known.is_replaced:
                return _News(None, is_closed=not self._sessions.is_open_in(conn, session.conversation))
            lines, sendings = after()
        return _News(lines, sendings, is_asking=known.seen.expecting == "card_details")


def _told(line: Line, news: _News) -> str:
    return event("message", message(line, news.sendings.get(line.position), news.is_asking), line.position)


def _error(status: int, error: str, text: str = "", *, wait: int = 0) -> HTTPResponse:
    headers = {"retry-after": str(wait)} if wait else {}
    return response.json({"error": error, "text": text}, status=status, headers=headers)
