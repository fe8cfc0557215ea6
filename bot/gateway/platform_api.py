"""HTTP to the platforms' APIs; the only module of the gateway that knows `requests`."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests

CONNECT_SECONDS = 2.0
READ_SECONDS = 6.0


class PlatformAway(Exception):
    """No answer came; whether the platform did what was asked is not known."""


@dataclass(frozen=True)
class Reply:
    """What a platform answered; `body` is empty if that was no JSON object. Its repr shows the status only."""

    status: int
    body: Mapping[str, Any] = field(repr=False)
    retry_after: float | None = None

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300


class PlatformApi:
    """Any number of threads may call; redirects, cookies, netrc and the environment's proxies are not followed."""

    def __init__(self) -> None:
        # At DEBUG it writes every path, and Telegram's paths hold the bot's token.
        logging.getLogger("urllib3").setLevel(logging.INFO)
        self._kept = threading.local()

    def post(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        login: tuple[str, str] | None = None,
        patience: float = READ_SECONDS,
    ) -> Reply:
        """Send one request and wait `patience` seconds for the answer; raises PlatformAway."""
        try:
            answer = self._session().post(
                url,
                headers=dict(headers or {}),
                json=json,
                data=form,
                auth=login,
                timeout=(min(CONNECT_SECONDS, patience), patience),
                allow_redirects=False,
            )
            return Reply(answer.status_code, _object(answer), _seconds(answer.headers.get("retry-after", "")))
        except requests.RequestException as error:
            failure = PlatformAway(type(error).__name__)
        # Outside of the handler: an exception of requests holds the request, and must not travel along.
        raise failure

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._kept, "session", None)
        if session is None:
            session = self._kept.session = requests.Session()
            session.trust_env = False
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        return session


def _object(answer: requests.Response) -> Mapping[str, Any]:
    try:
        body = answer.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
