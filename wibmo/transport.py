"""Carries bytes to the bank and back; the only module that knows `requests`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from wibmo.answers import RawAnswer
from wibmo.config import ClientConfig
from wibmo.errors import BadAnswer, NotSent, OutcomeUnknown

_LARGEST_ANSWER = 1_000_000


class Transport(Protocol):
    """One request, one answer; NotSent only if provably nothing left, else OutcomeUnknown."""

    def send(
        self, verb: str, path: str, headers: Mapping[str, str], body: bytes, *, patience: float, fresh: bool
    ) -> RawAnswer: ...

    def close(self) -> None: ...


class _NoConnection(Exception):
    """The connection was not made: urllib3 and requests both let this pass untouched."""

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(cause)


class _Plain(HTTPConnection):
    def connect(self) -> None:
        _connect(super().connect)


class _Secure(HTTPSConnection):
    def connect(self) -> None:
        _connect(super().connect)


def _connect(connect: Callable[[], None]) -> None:
    # The request's first byte follows connect(), and connect() of TLS includes the handshake.
    try:
        connect()
    except Exception as error:
        raise _NoConnection(type(error).__name__) from error


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
        return manager


class HttpTransport:
    """Pooled HTTP; redirects, cookies, netrc and the environment's proxies are not followed."""

    def __init__(self, config: ClientConfig, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._base = config.base_url.rstrip("/")
        self._config = config
        self._monotonic = monotonic
        self._kept = self._session()

    def send(
        self, verb: str, path: str, headers: Mapping[str, str], body: bytes, *, patience: float, fresh: bool
    ) -> RawAnswer:
        """`fresh` asks for a connection of its own: a kept one may die just as a write goes out on it."""
        session = self._session() if fresh else self._kept
        try:
            return self._send(session, verb, path, headers, body, self._monotonic() + patience)
        except _NoConnection as error:
            failure: Exception = NotSent(f"no connection: {error.cause}")
        except requests.RequestException as error:
            failure = OutcomeUnknown(f"no answer: {type(error).__name__}")
        finally:
            if fresh:
                session.close()
        # Outside of the handler: an exception of requests holds the request, and must not travel along.
        raise failure

    def close(self) -> None:
        self._kept.close()

    def _send(
        self,
        session: requests.Session,
        verb: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        until: float,
    ) -> RawAnswer:
        patience = max(until - self._monotonic(), 0.001)
        with session.request(
            verb,
            self._base + path,
            headers={**headers, "Accept-Encoding": "identity"},
            data=body,
            timeout=(min(self._config.connect_timeout, patience), min(self._config.read_timeout, patience)),
            allow_redirects=False,
            stream=True,
        ) as answer:
            return RawAnswer(answer.status_code, self._read(answer, until), answer.headers.get("Date", ""))

    def _session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.verify = self._config.ca_bundle or True
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        if self._config.proxy:
            session.proxies = {"http": self._config.proxy, "https": self._config.proxy}
        for scheme in ("http://", "https://"):
            session.mount(scheme, _Adapter(pool_connections=2, pool_maxsize=16))
        return session

    def _read(self, answer: requests.Response, until: float) -> bytes:
        content = bytearray()
        for chunk in answer.iter_content(16384):
            content += chunk
            if len(content) > _LARGEST_ANSWER:
                raise BadAnswer("answer too large")
            if self._monotonic() > until:
                raise OutcomeUnknown("no answer: too slow")
        return bytes(content)
