"""One HTTP request of the pretend bank from first check to last byte; knows no sockets."""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from wibmo.answers import parse_json
from wibmo.codes import CODES
from wibmo.dialects import Dialect, write_date
from wibmo.errors import TokenError
from wibmo.messages import request_time
from wibmo.operations import Operation
from wibmo.sandbox.credentials import Credentials
from wibmo.sandbox.desk import Decision, Desk, Refusal
from wibmo.sandbox.faults import Fault, FaultPlan, read_fault
from wibmo.tokens import KEY_LENGTH, Codec, LocalCodec

FAULT_HEADER = "x-sandbox-fault"
_CODE_URN = "90000"
_CODE_BIRTHDAY = date(1900, 1, 1)
_IDS = frozenset({"clientId", "bankId", "entityId", "secureCode", "X-Consumer-Custom-ID"})
_SPOILT: dict[str, dict[str, Any]] = {
    "wrong_message_code": {"messageCode": 1081},
    "foreign_txn": {"clientTxnId": "ANOTHERCLIENTS"},
    "other_customer": {"customerId": "SBX999999999", "urn": 70000099999, "last4Digits": "0000"},
}
_PAGE = b"<!doctype html><title>Error</title><h1>The page cannot be displayed</h1>"


@dataclass
class Call:
    """What the sandbox saw and did: `fields` is the clear request, `applied` whether a change was booked."""

    operation: str
    at: float
    txn_id: str = ""
    code: str = ""
    status: int = 0
    applied: bool = False
    fault: str = ""
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """What goes back; `sent` bytes of the body, or no reply at all if the status is 0."""

    status: int
    body: bytes = b""
    kind: str = "application/json"
    cut_at: int | None = None


CUT = Reply(0)


@dataclass
class Teller:
    """Checks credentials, opens tokens, asks the desk, seals what it says, and spoils it on demand."""

    desk: Desk
    dialect: Dialect
    credentials: Credentials
    codec: Codec
    plan: FaultPlan
    clock: Callable[[], float]
    stopping: threading.Event
    calls: list[Call] = field(default_factory=list)
    counter: int = 3500

    def handle(self, verb: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if not hmac.compare_digest(headers.get("x-api-key", "").encode(), self.credentials.api_key.encode()):
            return _json(401, {"message": "Invalid authentication credentials"})
        if (verb, path) in self._vendor_routes():
            return self._vendor(path, headers, body)
        operation = next((each for each in Operation if self.dialect.route(each) == (verb, path)), None)
        if operation is None:
            return _json(404, {"message": "no Route matched with those values"})
        call = Call(operation.value, self.clock())
        self.calls.append(call)
        reply = self._serve(operation, call, headers, body)
        call.status = reply.status
        return reply

    def _serve(self, operation: Operation, call: Call, headers: Mapping[str, str], body: bytes) -> Reply:
        outer = parse_json(body) or {}
        try:
            self._check_ids(outer if operation in self.dialect.ids_in_body else _ids_of(headers))
            message = call.fields = self._open(operation, outer)
        except Refusal as refusal:
            call.code = refusal.code
            return self._clear_refusal(refusal.code)
        call.txn_id = str(message.get("clientTxnId", ""))
        try:
            fault = self._fault(operation, message, headers)
        except ValueError as error:
            return _json(422, {"error": str(error)})
        call.fault = fault.kind if fault else ""
        if fault and fault.kind == "latency":
            self.stopping.wait(fault.seconds)
            fault = None
        if fault and not fault.applied:
            return self._fail_before(operation, call, fault)
        delay = fault.seconds if fault and fault.kind == "apply_later" else 0.0
        answer = self._answer(operation, call, message, delay)
        return self._fail_after(answer, fault) if fault else self._sealed(answer)

    def _answer(
        self, operation: Operation, call: Call, message: Mapping[str, Any], delay: float
    ) -> dict[str, Any]:
        try:
            self.desk.check_stamp(operation, message)
            code = _code_on_demand(message, self.dialect)
            if code:
                raise Refusal(code)
            decision = self.desk.decide(operation, message)
        except Refusal as refusal:
            call.code = refusal.code
            return self._frame(operation, call, refusal.code, Decision({}))
        call.code = "00"
        if decision.effect:
            urn, changes = decision.effect
            self.desk.ledger.change(urn, changes, call.txn_id, after=delay)
            call.applied = True
        return self._frame(operation, call, "00", decision)

    def _fail_before(self, operation: Operation, call: Call, fault: Fault) -> Reply:
        if fault.kind == "status":
            return _status(int(fault.value))
        if fault.kind == "code":
            call.code = fault.value
            return self._sealed(self._frame(operation, call, fault.value, Decision({})))
        if fault.kind == "hang":
            self.stopping.wait(fault.seconds)
        return CUT

    def _fail_after(self, answer: dict[str, Any], fault: Fault) -> Reply:
        if fault.kind == "hang":
            self.stopping.wait(fault.seconds)
        if fault.kind == "status":
            return _status(int(fault.value))
        if fault.kind == "code":
            return self._sealed({**answer, "responseCode": fault.value})
        if fault.kind == "clear":
            return _json(200, answer)
        if fault.kind == "wrong_key":
            return self._sealed(answer, LocalCodec(b"?" * KEY_LENGTH))
        if fault.kind == "html":
            return Reply(200, _PAGE, "text/html")
        if fault.kind == "garbage":
            return Reply(200, b'{"token": "AAAA')
        if fault.kind == "truncated":
            whole = self._sealed(answer)
            return Reply(whole.status, whole.body, whole.kind, cut_at=len(whole.body) // 2)
        spoilt = _SPOILT.get(fault.kind)
        if spoilt is None:
            return CUT
        return self._sealed(_overwritten(answer, spoilt))

    def _fault(
        self, operation: Operation, message: Mapping[str, Any], headers: Mapping[str, str]
    ) -> Fault | None:
        if headers.get(FAULT_HEADER):
            return read_fault(headers[FAULT_HEADER])
        people = self.desk.about(message)
        fault = self.plan.take(operation, frozenset(card.urn for each in people for card in each.cards))
        if fault:
            return fault
        named = next(
            (each.faults[operation.value] for each in people if operation.value in each.faults), None
        )
        return read_fault(named) if named else None

    def _check_ids(self, given: Mapping[str, Any]) -> None:
        for name, missing, wrong, expected in (
            ("clientId", "1262", "1032", self.credentials.client_id),
            ("bankId", "1264", "1031", self.credentials.bank_id),
            ("X-Consumer-Custom-ID", "1310", "1032", self.credentials.consumer_id),
            ("secureCode", "1311", "1049", self.credentials.secure_code),
        ):
            value = str(given.get(name, ""))
            if not value:
                raise Refusal(missing)
            if not hmac.compare_digest(value.encode(), expected.encode()):
                raise Refusal(wrong)
        if str(given.get("entityId", "") or "100") != self.credentials.entity_id:
            raise Refusal("1055")

    def _open(self, operation: Operation, outer: dict[str, Any]) -> dict[str, Any]:
        if self.dialect.envelope == "clear":
            return {name: value for name, value in outer.items() if name not in _IDS}
        token = outer.get("token")
        allowed = {"token", *_IDS} if operation in self.dialect.ids_in_body else {"token"}
        if not isinstance(token, str) or set(outer) - allowed:
            raise Refusal("1055")
        try:
            message = parse_json(self.codec.decode(token))
        except TokenError:
            message = None
        if message is None:
            raise Refusal("1055")
        return message

    def _frame(self, operation: Operation, call: Call, code: str, decision: Decision) -> dict[str, Any]:
        self.counter += 1
        name = CODES[code].name if code in CODES else ""
        return {
            "responseCode": code,
            "messageCode": operation.answer_code,
            "clientTxnId": call.txn_id,
            "clientId": self.credentials.client_id,
            "responseDateTime": request_time(self.clock()),
            "accosaTransactionId": self.counter,
            "responseMessage": "SUCCESS" if code == "00" else name or "REFUSED",
            "bankId": int(self.credentials.bank_id),
            **decision.fields,
        }

    def _sealed(self, answer: Mapping[str, Any], codec: Codec | None = None) -> Reply:
        if self.dialect.envelope == "clear":
            return _json(200, answer)
        token = (codec or self.codec).encode(json.dumps(answer).encode())
        return _json(200, {self.dialect.envelope: token})

    def _clear_refusal(self, code: str) -> Reply:
        # As published for requests that the bank could not attribute: in clear, with zeros, without an echo.
        return _json(
            200,
            {
                "bankId": 0,
                "responseDateTime": request_time(self.clock()),
                "accosaTransactionId": 0,
                "messageCode": 0,
                "responseMessage": CODES[code].name,
                "responseCode": code,
            },
        )

    def _vendor_routes(self) -> set[tuple[str, str]]:
        paths = (self.dialect.encrypt_path, self.dialect.decrypt_path)
        return {("POST", self.dialect.prefix + path) for path in paths}

    def _vendor(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        try:
            if path.endswith(self.dialect.encrypt_path):
                self._check_ids(_ids_of(headers))
                return _json(200, {"token": self.codec.encode(body)})
            token = (parse_json(body) or {}).get("token")
            return Reply(200, self.codec.decode(token if isinstance(token, str) else ""))
        except TokenError:
            return self._clear_refusal("1055")
        except Refusal as refusal:
            return self._clear_refusal(refusal.code)


def _code_on_demand(message: Mapping[str, Any], dialect: Dialect) -> str | None:
    """Every code of the table has a cardholder who gets nothing else; see docs/sandbox.md."""
    urn = str(message.get("urn", ""))
    if urn.startswith(_CODE_URN) and len(urn) == 11:
        return urn.removeprefix(_CODE_URN).lstrip("0") or None
    if message.get("dob") == write_date(_CODE_BIRTHDAY, dialect.verify_date):
        return str(message.get("last4Digits", "")) or None
    return None


def _overwritten(answer: dict[str, Any], spoilt: dict[str, Any]) -> dict[str, Any]:
    changed = {**answer, **{name: value for name, value in spoilt.items() if name in answer}}
    if "cardList" in answer:
        changed["cardList"] = [_overwritten(card, spoilt) for card in answer["cardList"]]
    return changed


def _ids_of(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers.get(name.lower(), "") for name in _IDS}


def _status(status: int) -> Reply:
    return _json(status, {"message": "the sandbox was asked for this status"})


def _json(status: int, value: object) -> Reply:
    return Reply(status, json.dumps(value).encode())
