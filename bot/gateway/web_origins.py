"""Where a request of the web channel comes from: which page made it, and which address sent it."""

from __future__ import annotations

from urllib.parse import urlsplit

from sanic import Request

from actions.settings import Settings


class WebOrigins:
    """Believes no header that a stranger could have written."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def is_from_widget(self, request: Request) -> bool:
        """A page of another site can neither add this header nor hide its origin."""
        return request.headers.get("x-cardbot") == "1" and self.is_own_page(request)

    def is_own_page(self, request: Request) -> bool:
        """Whether the page is ours: a page that may embed us frames our page, and calls nothing itself."""
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return False
        origin = request.headers.get("origin")
        if origin is None:
            return True
        try:
            place = urlsplit(origin).netloc  # empty for "null", which pages without an address send
        except ValueError:
            return False
        return place != "" and place in (request.host, urlsplit(self._settings.public_url).netloc)

    def address(self, request: Request) -> str:
        """The peer's IP address, or the one that a trusted proxy names last."""
        peer = str(request.ip)
        if peer not in self._settings.trusted_proxies:
            return peer
        named = [each.strip() for each in request.headers.get("x-forwarded-for", "").split(",")]
        strangers = [each for each in named if each and each not in self._settings.trusted_proxies]
        return strangers[-1] if strangers else peer
