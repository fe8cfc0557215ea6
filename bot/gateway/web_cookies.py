"""The cookies of the web channel: the session's, and one by which a device is known again."""

from __future__ import annotations

import re
import secrets

from sanic import HTTPResponse, Request

from actions.settings import Settings

SESSION_COOKIE = "cardbot_session"
_DEVICE_COOKIE = "cardbot_device"
_DEVICE_LIFE = 180 * 24 * 3600
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22,64}")


class WebCookies:
    """None of them can be read by a script, and none travels to another site."""

    def __init__(self, settings: Settings) -> None:
        self._is_secure = settings.public_url.startswith("https://")
        self._is_framed = self._is_secure and bool(settings.allowed_origins)

    def session(self, request: Request) -> str:
        return request.cookies.get(SESSION_COOKIE) or ""

    def begin(self, reply: HTTPResponse, token: str) -> None:
        """This token is the session's from now on, until the browser is closed."""
        self._set(reply, SESSION_COOKIE, token, None)

    def end(self, reply: HTTPResponse) -> None:
        self._set(reply, SESSION_COOKIE, "", 0)

    def know_device(self, request: Request, reply: HTTPResponse) -> None:
        """Give a device that has none a name by which it is known again."""
        if not _TOKEN.fullmatch(request.cookies.get(_DEVICE_COOKIE) or ""):
            self._set(reply, _DEVICE_COOKIE, secrets.token_urlsafe(32), _DEVICE_LIFE)

    def device(self, request: Request) -> str:
        """The device's name, else the session's."""
        device = request.cookies.get(_DEVICE_COOKIE) or ""
        return device if _TOKEN.fullmatch(device) else self.session(request)

    def _set(self, reply: HTTPResponse, name: str, value: str, life: int | None) -> None:
        """Inside a page of another site, cookies are that site's visitors' alone: partitioned, and host-bound."""
        reply.add_cookie(
            name,
            value,
            path="/" if self._is_framed else "/web",
            httponly=True,
            secure=self._is_secure,
            samesite="None" if self._is_framed else "Strict",
            partitioned=self._is_framed,
            host_prefix=self._is_framed,
            max_age=life,
        )
