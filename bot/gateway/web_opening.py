"""How a talk on the web begins: a session for who has none, its language, and not too many from one address."""

from __future__ import annotations

import asyncio
from typing import Any

from sanic import HTTPResponse, Request, Sanic, response

from actions.settings import Profile, Settings
from actions.words import DEFAULT_LANGUAGE, LANGUAGES
from bot.gateway.crowds import Crowds
from bot.gateway.edge import MAX_LENGTH
from bot.gateway.runtime import Runtime
from bot.gateway.web_bodies import json_object
from bot.gateway.web_cookies import WebCookies
from bot.gateway.web_origins import WebOrigins
from bot.gateway.web_sessions import WebSession, WebSessions


class WebOpening:
    """The route POST /web/session."""

    def __init__(
        self, runtime: Runtime, settings: Settings, origins: WebOrigins, sessions: WebSessions, cookies: WebCookies
    ) -> None:
        self._runtime = runtime
        self._settings = settings
        self._origins = origins
        self._sessions = sessions
        self._cookies = cookies
        self._crowds = Crowds(settings.new_talks_per_minute, runtime.services.clock)

    def register(self, app: Sanic) -> None:
        app.add_route(self.open_session, "/web/session", methods=["POST"])

    async def open_session(self, request: Request) -> HTTPResponse:
        if not self._origins.is_from_widget(request):
            return response.json({"error": "forbidden", "text": ""}, status=403)
        wished = json_object(request.body).get("language")
        found = await asyncio.to_thread(self._sessions.find, self._cookies.session(request))
        language = await asyncio.to_thread(self._language, wished, found)
        if found is None and (wait := self._crowds.wait(self._origins.address(request))):
            text = self._runtime.services.words.say("utter_too_many_talks", language)
            refusal = {"error": "slow_down", "text": text, **self._introduction(language, is_resumed=False)}
            return response.json(refusal, status=429, headers={"retry-after": str(wait)})
        reply = response.json(self._introduction(language, is_resumed=found is not None))
        if found is None:
            fresh = await asyncio.to_thread(self._sessions.begin, language)
            self._cookies.begin(reply, fresh.token)
        elif wished in LANGUAGES and wished != found.language:
            await asyncio.to_thread(self._sessions.speak, found, language)
        self._cookies.know_device(request, reply)
        return reply

    def _introduction(self, language: str, *, is_resumed: bool) -> dict[str, Any]:
        settings, words = self._settings, self._runtime.services.words
        is_sandbox = settings.profile is not Profile.PRODUCTION
        return {
            "resumed": is_resumed,
            "sandbox": is_sandbox,
            "banner": words.say("utter_sandbox_banner", language) if is_sandbox else None,
            "language": language,
            "support_phone": settings.support_phone,
            "lost_card_phone": settings.lost_card_phone,
            "privacy_url": settings.privacy_url,
            "max_length": MAX_LENGTH,
        }

    def _language(self, wished: Any, session: WebSession | None) -> str:
        """What the cardholder chose to read, else what the talk is held in."""
        if wished in LANGUAGES:
            return str(wished)
        if session is None:
            return DEFAULT_LANGUAGE
        with self._runtime.services.storage.read() as conn:
            talk = self._runtime.conversations.find_in(conn, session.conversation)
        return talk.language if talk else session.language
