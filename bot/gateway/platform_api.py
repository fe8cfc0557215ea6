"""HTTP to the platforms' APIs; the only module of the gateway that knows urllib3, which is a third of what requests around it costs."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import certifi
import urllib3

from bot.gateway.errands import WORKERS

CONNECT_SECONDS = 2.0
READ_SECONDS = 6.0
_FORM = "application/x-www-form-urlencoded"
_as_json = json.JSONEncoder().encode


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
    """Any number of threads may call; nothing is followed or tried again, and the environment's proxies, netrc and cookies play no part."""

    def __init__(self) -> None:
        # At DEBUG it writes every path, and Telegram's paths hold the bot's token.
        logging.getLogger("urllib3").setLevel(logging.INFO)
        self._pool = urllib3.PoolManager(maxsize=WORKERS, cert_reqs="CERT_REQUIRED", ca_certs=certifi.where())

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
        kind, body = ("application/json", _as_json(json)) if form is None else (_FORM, urlencode(form))
        known = urllib3.make_headers(basic_auth=":".join(login)) if login else {}
        try:
            answer = self._pool.request(
                "POST",
                url,
                body=body.encode(),
                headers={"Content-Type": kind, **known, **(headers or {})},
                timeout=urllib3.Timeout(connect=min(CONNECT_SECONDS, patience), read=patience),
                redirect=False,
                retries=False,
            )
            return Reply(answer.status, _object(answer.data), _seconds(answer.headers.get("retry-after", "")))
        except (urllib3.exceptions.HTTPError, OSError) as error:
            failure = PlatformAway(type(error).__name__)
        # Outside of the handler: an exception of urllib3 knows the address, and must not travel along.
        raise failure

    def close(self) -> None:
        """Close the connections that nobody uses now."""
        self._pool.clear()


def _object(answer: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(answer)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
