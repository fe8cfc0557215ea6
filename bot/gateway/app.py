"""The Sanic application: which routes there are, what is too big, what every answer carries."""

from __future__ import annotations

import logging

from sanic import HTTPResponse, Request, Sanic, response
from sanic.exceptions import SanicException

from actions.settings import Settings
from bot import ops
from bot.blame import kind_and_place
from bot.gateway import pages
from bot.gateway.platform_api import PlatformApi
from bot.gateway.pushed import PushedChannel
from bot.gateway.runtime import Runtime
from bot.gateway.telegram import TelegramChannel
from bot.gateway.twilio import TwilioChannel
from bot.gateway.web import WebChannel
from bot.gateway.whatsapp import WhatsAppChannel

log = logging.getLogger(__name__)

MAX_BODY = 64 * 1024

_HEADERS = {
    "content-security-policy": pages.POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
}


def make_app(runtime: Runtime, settings: Settings) -> Sanic:
    """An application with every channel that is configured; it starts and stops the runtime."""
    app = Sanic("cardbot", configure_logging=False)
    app.config.REQUEST_MAX_SIZE = MAX_BODY
    app.config.REQUEST_TIMEOUT = 15
    app.config.RESPONSE_TIMEOUT = 30
    app.config.GRACEFUL_SHUTDOWN_TIMEOUT = 10.0
    app.config.ACCESS_LOG = False
    app.config.FALLBACK_ERROR_FORMAT = "json"
    ops.register(app, runtime)
    WebChannel(runtime, settings).register(app)
    api = PlatformApi()
    for channel in _pushed_channels(runtime, settings, api):
        channel.register(app)
        runtime.delivery.add(channel)
    pages.register(app, settings)

    @app.before_server_start
    async def begin(app: Sanic) -> None:
        # An engine that cannot be loaded leaves nothing to serve.
        runtime.on_failed = lambda: app.loop.call_soon_threadsafe(app.stop)
        runtime.start()

    @app.before_server_stop
    async def let_go(app: Sanic) -> None:
        runtime.watchers.close()

    @app.after_server_stop
    async def end(app: Sanic) -> None:
        runtime.stop()
        api.close()

    @app.on_request
    async def refuse_encodings(request: Request) -> HTTPResponse | None:
        if request.headers.get("content-encoding"):
            return response.json({"error": "bad_request"}, status=415)
        return None

    @app.on_response
    async def add_headers(request: Request, reply: HTTPResponse) -> None:
        for name, value in _HEADERS.items():
            reply.headers.setdefault(name, value)
        if request.path.startswith("/web"):
            reply.headers["cache-control"] = "no-store"

    @app.exception(Exception)
    async def refuse(request: Request, error: Exception) -> HTTPResponse:
        if isinstance(error, SanicException) and error.status_code < 500:
            return response.json({"error": "refused"}, status=error.status_code)
        if request.path.startswith("/static") and isinstance(error, OSError | ValueError):
            return response.json({"error": "refused"}, status=404)  # a folder, or a name that no file can have
        log.error("a request failed: %s", kind_and_place(error))
        text = runtime.services.words.say("utter_not_available")
        return response.json({"error": "not_available", "text": text}, status=503)

    return app


def _pushed_channels(runtime: Runtime, settings: Settings, api: PlatformApi) -> list[PushedChannel]:
    """Those that the operator has set up."""
    kinds: tuple[type[PushedChannel], ...] = (WhatsAppChannel, TelegramChannel, TwilioChannel)
    return [kind(runtime, settings, api) for kind in kinds if settings.has_channel(kind.name)]
