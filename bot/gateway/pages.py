"""The pages themselves: the demonstration's, the one that other sites may frame, and their static files."""

from __future__ import annotations

from pathlib import Path

from sanic import HTTPResponse, Request, Sanic, response

from actions.settings import Settings

STATIC = Path(__file__).parent / "static"
_HTML = "text/html; charset=utf-8"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)


def register(app: Sanic, settings: Settings) -> None:
    """Routes / (the demonstration), /widget (for a bank's own site to frame), /static, and /privacy if it is ours."""

    async def demonstration(request: Request) -> HTTPResponse:
        return await response.file(STATIC / "widget.html", mime_type=_HTML)

    async def widget(request: Request) -> HTTPResponse:
        page = await response.file(STATIC / "frame.html", mime_type=_HTML)
        page.headers["content-security-policy"] = " ".join([POLICY, *settings.allowed_origins])
        return page

    async def privacy(request: Request) -> HTTPResponse:
        return await response.file(STATIC / "privacy.html", mime_type=_HTML)

    app.add_route(demonstration, "/")
    app.add_route(widget, "/widget")
    if settings.privacy_url == "/privacy":
        app.add_route(privacy, "/privacy")
    app.static("/static", STATIC, name="static")
