"""What operators and load balancers ask: is it alive, is it ready?"""

from __future__ import annotations

import asyncio

from sanic import HTTPResponse, Request, Sanic, response

from actions.guard.storage import StorageError
from bot.gateway.runtime import Runtime


def register(app: Sanic, runtime: Runtime) -> None:
    """Routes /health (the process answers) and /ready (messages are being answered)."""

    async def health(request: Request) -> HTTPResponse:
        return response.json({"status": "ok"})

    async def ready(request: Request) -> HTTPResponse:
        problem = runtime.problem or await asyncio.to_thread(_database_problem, runtime)
        if problem:
            return response.json({"status": "not ready", "why": problem}, status=503)
        return response.json({"status": "ready"})

    app.add_route(health, "/health")
    app.add_route(ready, "/ready")


def _database_problem(runtime: Runtime) -> str | None:
    try:
        with runtime.services.storage.read():
            return None
    except StorageError as error:
        return f"the database does not answer: {type(error).__name__}"
