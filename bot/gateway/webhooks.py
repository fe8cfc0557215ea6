"""What a webhook is before anybody believes it: a body within a limit, a signature, a shape that may be anything."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from typing import Any

from sanic import Request
from sanic.exceptions import PayloadTooLarge

from actions.settings import Secret

_HALF_CHARACTERS = re.compile("[\ud800-\udfff]")


async def read_body(request: Request, limit: int) -> bytes:
    """The body of a route that was registered with `stream=True`; PayloadTooLarge beyond the limit."""
    said = request.headers.get("content-length", "")
    if said.isascii() and said.isdigit() and int(said) > limit:
        raise PayloadTooLarge("too large")
    body = bytearray()
    while request.stream is not None and (chunk := await request.stream.read()) is not None:
        body += chunk
        if len(body) > limit:
            raise PayloadTooLarge("too large")
    return bytes(body)


def is_signed(given: str, body: bytes, secrets: Iterable[Secret]) -> bool:
    """Whether one of the secrets made this hex HMAC-SHA256 of the body; takes equally long for every wrong one."""
    made = [hmac.new(each.reveal().encode(), body, hashlib.sha256).hexdigest() for each in secrets]
    return any([is_same(each, given) for each in made])  # noqa: C419 (a list: none is skipped)


def is_same(known: str, given: str) -> bool:
    """Compare in a time that tells nothing."""
    return hmac.compare_digest(known.encode(), given.encode("utf-8", "surrogatepass"))


def json_object(body: bytes) -> dict[str, Any] | None:
    """The JSON object of a body; None for anything else."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects in what should be a list of them."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def object_in(value: dict[str, Any], name: str) -> dict[str, Any]:
    """The object under this name, or an empty one."""
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def text_in(value: dict[str, Any], name: str) -> str:
    """The text under this name without halves of characters, which nothing can store; or an empty one."""
    found = value.get(name)
    return _HALF_CHARACTERS.sub("", found) if isinstance(found, str) else ""
