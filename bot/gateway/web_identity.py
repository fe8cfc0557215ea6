"""Where the bank's page, through the widget inside it, says who its visitor is."""

from __future__ import annotations

import asyncio
import logging

from sanic import HTTPResponse, Request, Sanic, response

from actions.guard.host_identity import HostIdentities, HostIdentityError
from bot.gateway.web_bodies import json_object
from bot.gateway.web_origins import WebOrigins
from bot.gateway.web_sessions import WebSessions

log = logging.getLogger(__name__)


class WebIdentity:
    """The route /web/identity: a signed token for the conversation of the session's cookie, and for no other."""

    def __init__(
        self, identities: HostIdentities, origins: WebOrigins, sessions: WebSessions, session_cookie: str
    ) -> None:
        self._identities = identities
        self._origins = origins
        self._sessions = sessions
        self._cookie = session_cookie

    def register(self, app: Sanic) -> None:
        app.add_route(self.take_identity, "/web/identity", methods=["POST"])

    async def take_identity(self, request: Request) -> HTTPResponse:
        """204, or 422 for a token that is not believed; why stands in the log alone."""
        if not self._origins.is_from_widget(request):
            return response.json({"error": "no_session"}, status=401)
        return await asyncio.to_thread(self._take_identity, request)

    def _take_identity(self, request: Request) -> HTTPResponse:
        session = self._sessions.find(request.cookies.get(self._cookie))
        if session is None:
            return response.json({"error": "no_session"}, status=401)
        if session.is_replaced:  # the new cookie is on its way
            return response.json({"error": "come_back"}, status=503, headers={"retry-after": "1"})
        token = json_object(request.body).get("token")
        if not isinstance(token, str):
            return response.json({"error": "bad_request"}, status=422)
        try:
            self._identities.accept(session.conversation, token)
        except HostIdentityError as error:
            log.warning("a token of the host page was refused: %s", error)
            return response.json({"error": "not_believed"}, status=422)
        return response.empty()
