"""The sandbox's own doors beside the bank's: faults and people over HTTP, on loopback only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wibmo.answers import parse_json
from wibmo.sandbox.teller import Reply

if TYPE_CHECKING:
    from wibmo.sandbox.server import Sandbox

PREFIX = "/_sandbox/"


def administer(sandbox: Sandbox, verb: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
    """POST and DELETE faults, GET people and calls; a foreign web page cannot set the header."""
    if headers.get("x-sandbox") != "1":
        return Reply(403, b'{"error": "send the header X-Sandbox: 1"}')
    door = (verb, path.removeprefix(PREFIX))
    if door == ("POST", "faults"):
        return _add_fault(sandbox, parse_json(body) or {})
    if door == ("DELETE", "faults"):
        sandbox.clear_faults()
        return Reply(204)
    if door == ("GET", "people"):
        return _json([person_card(each) for each in sandbox.people()])
    if door == ("GET", "calls"):
        return _json([_call(each) for each in sandbox.calls])
    return Reply(404, b"{}")


def person_card(person: Any) -> dict[str, str]:
    """What somebody at a keyboard needs to play this person."""
    return {
        "key": person.key,
        "name": f"{person.first_name} {person.last_name}",
        "last_four": person.last_four,
        "expiry": f"{person.expiry[:2]}/{person.expiry[2:]}",
        "date_of_birth": person.date_of_birth.strftime("%d-%m-%Y"),
        "note": person.note,
    }


def _add_fault(sandbox: Sandbox, wanted: dict[str, Any]) -> Reply:
    known = {"operation", "kind", "times", "urn", "applied"}
    try:
        if set(wanted) - known:
            raise ValueError("known are " + ", ".join(sorted(known)))
        operation, kind = str(wanted.pop("operation")), str(wanted.pop("kind"))
        sandbox.fault(operation, kind, **wanted)
    except (ValueError, KeyError) as error:
        return Reply(422, json.dumps({"error": str(error)}).encode())
    return Reply(204)


def _call(call: Any) -> dict[str, object]:
    return {name: value for name, value in vars(call).items() if name != "fields"}


def _json(value: object) -> Reply:
    return Reply(200, json.dumps(value).encode())
