"""Finds out, by harmless questions about nobody, which dialect an environment speaks and which setting is wrong."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from email.utils import parsedate_to_datetime
from enum import IntEnum
from urllib.parse import urlsplit

from wibmo import messages
from wibmo.config import ClientConfig
from wibmo.dialects import CODECS, DATE_FORMATS, PRESETS, dialect_from
from wibmo.errors import Misconfigured, NotSent, Refused, WibmoError
from wibmo.exchange import Exchange
from wibmo.messages import Stamp
from wibmo.operations import Operation
from wibmo.transport import HttpTransport, Transport

_NOBODY = "0" * 11
_NOBODY_BORN = date(1901, 2, 13)  # day and month cannot be taken for each other
_CLOCK_SKEW = 300.0
_SETTINGS = {
    "1031": "bank_id", "1032": "client_id", "1049": "secure_code", "1050": "product_id", "1051": "key",
    "1085": "product_id", "1262": "client_id", "1264": "bank_id", "1310": "consumer_id", "1311": "secure_code",
}  # fmt: skip
_MISSING_IDS = frozenset({"1262", "1264", "1310", "1311"})


class _Rung(IntEnum):
    """How far a question got; higher is better."""

    NO_CONNECTION = 0
    NO_ROUTE = 1
    SICK = 2
    NO_ENTRY = 3
    NO_TOKEN = 4
    NO_IDS = 5
    REJECTED = 6
    ANSWERED = 7


@dataclass(frozen=True)
class Finding:
    """One thing that was seen; `setting` names the field of ClientConfig to look at, if any."""

    ok: bool
    what: str
    setting: str = ""


@dataclass(frozen=True)
class Report:
    """What the questions brought to light; `dialect` is the text to set, or None if nothing answered well."""

    findings: tuple[Finding, ...]
    dialect: str | None

    @property
    def ok(self) -> bool:
        return all(each.ok for each in self.findings)


@dataclass(frozen=True)
class _Try:
    text: str
    rung: _Rung
    finding: Finding
    date: str = ""


def probe(
    config: ClientConfig, *, transport: Transport | None = None, clock: Callable[[], float] = time.time
) -> Report:
    """Asks for a customer that cannot exist, in one dialect after another, then verifies nobody.

    Nothing is ever changed; updateProfile and product_id are therefore not tried.
    """
    prober = _Prober(config, transport or HttpTransport(config), clock)
    try:
        return prober.report()
    finally:
        if transport is None:
            prober.transport.close()


class _Prober:
    def __init__(self, config: ClientConfig, transport: Transport, clock: Callable[[], float]) -> None:
        self._config = config
        self.transport = transport
        self._clock = clock

    def report(self) -> Report:
        tries = self._climb()
        best = max(tries, key=lambda each: each.rung)
        findings = [*self._connection(), best.finding, *self._clock_finding(best)]
        if best.rung is not _Rung.ANSWERED:
            return Report(tuple(findings), None)
        verified = self._verify(best.text)
        findings.append(verified.finding)
        if best.text.endswith("; codec=vendor"):
            # The vendor encrypts with the right key whatever ours is, and no way of ours was understood.
            findings.append(Finding(False, "the bank reads its own tokens and not ours", "key"))
        elif verified.text != self._config.speaks.name:
            findings.append(Finding(False, f"the environment speaks: {verified.text}", "dialect"))
        return Report(tuple(findings), verified.text)

    def _climb(self) -> list[_Try]:
        waiting = [self._config.speaks.name, *(name for name in PRESETS if name != self._config.speaks.name)]
        tries: list[_Try] = []
        while waiting:
            found = self._ask(Operation.RETRIEVE, waiting.pop(0))
            tries.append(found)
            if found.rung in (_Rung.ANSWERED, _Rung.NO_CONNECTION, _Rung.NO_ENTRY):
                break
            seen = {each.text for each in tries}
            waiting = [text for text in _neighbours(found) if text not in seen] + waiting
        return tries

    def _verify(self, text: str) -> _Try:
        first = self._ask(Operation.VERIFY, text)
        if first.rung is _Rung.NO_IDS and text.endswith("; ids=retrieve"):
            first = self._ask(Operation.VERIFY, text.replace("ids=retrieve", "ids=body"))
        if first.finding.setting != "dialect" or first.rung is not _Rung.REJECTED:
            return first
        for form in DATE_FORMATS:
            other = self._ask(Operation.VERIFY, f"{text}; verify_date={form}")
            if other.rung is _Rung.ANSWERED:
                return replace(other, finding=Finding(False, f"dates must look like {form}", "dialect"))
        return first

    def _ask(self, operation: Operation, text: str) -> _Try:
        dialect = self._config.speaks if text == self._config.speaks.name else dialect_from(text)
        exchange = Exchange(self._config, dialect, self.transport, random_bytes=secrets.token_bytes)
        stamp = Stamp(messages.new_txn_id(dialect.txn_length), self._clock())
        if operation is Operation.RETRIEVE:
            plaintext = messages.write_retrieve(dialect, stamp, {"urn": _NOBODY})
        else:
            plaintext = messages.write_verify(dialect, stamp, "0000", "0130", _NOBODY_BORN)
        when = ""
        try:
            raw = exchange.send(operation, plaintext)
            when = raw.date
            exchange.read(operation, stamp.txn_id, raw)
        except Refused:
            pass
        except WibmoError as error:
            rung, finding = _diagnose(operation, error)
            return _Try(text, rung, finding, when)
        return _Try(text, _Rung.ANSWERED, Finding(True, f"{operation.value} is answered"), when)

    def _connection(self) -> list[Finding]:
        parts = urlsplit(self._config.base_url)
        if parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1"):
            return []
        return [Finding(False, "the connection is not encrypted: tokens prove nothing, TLS does", "base_url")]

    def _clock_finding(self, best: _Try) -> list[Finding]:
        try:
            skew = self._clock() - parsedate_to_datetime(best.date).timestamp()
        except (ValueError, TypeError):
            return []
        if abs(skew) < _CLOCK_SKEW:
            return []
        minutes = round(abs(skew) / 60)
        return [Finding(False, f"this machine's clock is {minutes} minutes off the bank's")]


def _neighbours(found: _Try) -> list[str]:
    """What to try next when the route exists and the words were not understood."""
    if found.rung is _Rung.NO_TOKEN and "codec=" not in found.text:
        return [f"{found.text}; codec={codec}" for codec in CODECS]
    if found.rung is _Rung.NO_IDS and "ids=" not in found.text:
        return [f"{found.text}; ids={place}" for place in ("retrieve", "headers")]
    if found.rung is _Rung.REJECTED and found.finding.setting == "dialect" and "envelope=" not in found.text:
        return [f"{found.text}; envelope=clear"]
    return []


def _diagnose(operation: Operation, error: WibmoError) -> tuple[_Rung, Finding]:
    name = operation.value
    if isinstance(error, NotSent):
        return _Rung.NO_CONNECTION, Finding(
            False, f"{name}: nothing listens there ({error.reason})", "base_url"
        )
    if error.code is not None:
        return _diagnose_code(name, error.code)
    if isinstance(error, Misconfigured):
        status = error.reason.removeprefix("status ")
        if status == "401":
            return _Rung.NO_ENTRY, Finding(False, f"{name}: 401, the key is not accepted", "api_key")
        if status == "403":
            what = f"{name}: 403, the key has no right or this machine's address is not allowed"
            return _Rung.NO_ENTRY, Finding(False, what, "api_key")
        return _Rung.NO_ROUTE, Finding(False, f"{name}: {error.reason}, there is no such path", "dialect")
    if error.reason.startswith(("answer cannot", "success in")):
        return _Rung.NO_TOKEN, Finding(False, f"{name}: the answer does not decrypt", "key")
    return _Rung.SICK, Finding(False, f"{name}: {error.reason}", "")


def _diagnose_code(name: str, code: str) -> tuple[_Rung, Finding]:
    if code in _MISSING_IDS:
        return _Rung.NO_IDS, Finding(False, f"{name}: {code}, an id is missing", _SETTINGS[code])
    if code == "1055":
        return _Rung.NO_TOKEN, Finding(False, f"{name}: 1055, the bank cannot read our token", "key")
    if code == "1080":
        return _Rung.NO_ENTRY, Finding(False, f"{name}: 1080, this machine's address is not allowed")
    if code in _SETTINGS:
        return _Rung.REJECTED, Finding(False, f"{name}: {code}", _SETTINGS[code])
    if code in ("1088", "1320", "1093", "1056", "1030", "1304"):
        return _Rung.REJECTED, Finding(False, f"{name}: {code}, a format is not the environment's", "dialect")
    return _Rung.SICK, Finding(False, f"{name}: {code}")
