"""Troubles on demand: what may go wrong, and for which calls it should."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from wibmo.operations import Operation

# Kind -> whether the request takes effect although its answer is spoilt; None: nothing goes wrong with it.
KINDS: dict[str, bool | None] = {
    "latency": None,
    "hang": False,
    "drop_before_apply": False,
    "drop_after_apply": True,
    "apply_later": True,
    "truncated": True,
    "wrong_key": True,
    "html": True,
    "garbage": True,
    "wrong_message_code": True,
    "foreign_txn": True,
    "other_customer": True,
    "clear": True,
    "status": False,
    "code": False,
}


@dataclass(frozen=True)
class Fault:
    """One trouble: `value` is seconds, an HTTP status or a response code, by kind."""

    kind: str
    value: str = ""
    applied: bool | None = None

    @property
    def seconds(self) -> float:
        return float(self.value or 30)


def read_fault(text: str | int, *, applied: bool | None = None) -> Fault:
    """From words such as "hang", "latency=2", "status=503", "code=1052", or a bare HTTP status.

    >>> read_fault("code=1052").value, read_fault(503).kind
    ('1052', 'status')
    """
    kind, _, value = (f"status={text}" if str(text).isdigit() else str(text)).partition("=")
    if kind not in KINDS:
        raise ValueError("unknown fault; known are " + ", ".join(KINDS))
    if kind in ("latency", "hang", "apply_later") and value:
        float(value)
    if kind in ("status", "code") and not value.isdigit():
        raise ValueError(f"{kind} needs a number")
    return Fault(kind, value, KINDS[kind] if applied is None else applied)


@dataclass(frozen=True)
class _Rule:
    operation: str
    fault: Fault
    left: int | None
    urn: str | None

    def fits(self, operation: Operation, urns: frozenset[str]) -> bool:
        return self.operation in ("*", operation.value) and (self.urn is None or self.urn in urns)


class FaultPlan:
    """The faults that wait for their call, first come first served."""

    def __init__(self) -> None:
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()

    def add(self, operation: str, fault: Fault, times: int | None, urn: str | None = None) -> None:
        if operation != "*":
            Operation(operation)
        with self._lock:
            self._rules.append(_Rule(operation, fault, times, urn))

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def take(self, operation: Operation, urns: frozenset[str]) -> Fault | None:
        """The fault for this call, used up by one."""
        with self._lock:
            for index, rule in enumerate(self._rules):
                if not rule.fits(operation, urns):
                    continue
                if rule.left == 1:
                    del self._rules[index]
                elif rule.left is not None:
                    self._rules[index] = replace(rule, left=rule.left - 1)
                return rule.fault
        return None


SCENARIOS: dict[str, tuple[tuple[str, str], ...]] = {
    "calm": (),
    "slow": (("*", "latency=4"),),
    "silent": (("*", "hang=30"),),
    "down": (("*", "status=503"),),
    "no-balance": (("retrieve", "status=500"),),
    "system-error": (("*", "code=1052"),),
    "garbage": (("*", "garbage"),),
    "wrong-key": (("*", "wrong_key"),),
    "error-page": (("*", "html"),),
    "lost-answers": (("update", "drop_after_apply"),),
    "lost-requests": (("update", "drop_before_apply"),),
    "late-writes": (("update", "apply_later=20"),),
    "unauthorised": (("*", "status=401"),),
    "rate-limited": (("*", "status=429"),),
}
