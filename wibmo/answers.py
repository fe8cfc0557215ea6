"""Decides what an HTTP answer means: the decrypted message of a success, or one error of the tree."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

from wibmo.codes import error_for, is_success
from wibmo.dialects import ENVELOPES
from wibmo.errors import BadAnswer, Misconfigured, OutcomeUnknown, TokenError, Transient
from wibmo.operations import Operation
from wibmo.tokens import Codec

_WRAPPERS = tuple(each for each in ENVELOPES if each != "clear")
_OURS = frozenset({300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 406, 411, 413, 414, 415, 431})


@dataclass(frozen=True, repr=False)
class RawAnswer:
    """Status and body as they came over the wire, and the Date header if there was one."""

    status: int
    body: bytes
    date: str = ""


def read_answer(
    operation: Operation, txn_id: str, raw: RawAnswer, codec: Codec, *, clear: bool = False
) -> Mapping[str, Any]:
    """The clear message of a success that is an answer to this very request.

    `clear` says that the environment does not encrypt; otherwise only refusals may come in clear, as some do.
    """
    if raw.status >= 500:
        # Whatever its body says, nobody knows how far the request came.
        raise OutcomeUnknown(f"status {raw.status}", request_id=txn_id)
    message, was_sealed = _open(raw.body, codec)
    if message is None or "responseCode" not in message:
        _refuse_status(operation, raw.status, txn_id)
    code = response_code(message.get("responseCode"))
    if code is None:
        raise BadAnswer("field responseCode missing or unreadable", request_id=txn_id)
    _check_echo(operation, txn_id, message, success=is_success(code))
    if not is_success(code):
        raise error_for(operation, code, txn_id)
    if raw.status != 200 or not (was_sealed or clear):
        raise BadAnswer("success in the wrong dress", request_id=txn_id)
    return message


def response_code(value: object) -> str | None:
    """The code as text; 0 and "0" are the same, true is not a code."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip() if isinstance(value, str) or abs(value) < 10**6 else ""
    return text if text.isascii() and text.isdigit() and len(text) <= 6 else None


def parse_json(body: bytes) -> dict[str, Any] | None:
    """The object that these bytes spell, or None; amounts keep their decimal point."""
    try:
        value = _DECODER.decode(body.decode("utf-8"))
    except (ValueError, ArithmeticError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_constant)


def _open(body: bytes, codec: Codec) -> tuple[dict[str, Any] | None, bool]:
    outer = parse_json(body)
    if outer is None:
        return None, False
    for wrapper in _WRAPPERS:
        inner = outer.get(wrapper)
        if isinstance(inner, str):
            return _unseal(inner, codec), True
        if isinstance(inner, dict) and "responseCode" in inner:
            return inner, False
    return outer, False


def _unseal(token: str, codec: Codec) -> dict[str, Any] | None:
    try:
        plain = codec.decode(token)
    except TokenError:
        return None
    return parse_json(plain)


def _refuse_status(operation: Operation, status: int, txn_id: str) -> NoReturn:
    if status in _OURS:
        raise Misconfigured(f"status {status}", request_id=txn_id)
    if status == 429 and operation.is_read:
        raise Transient(f"status {status}", request_id=txn_id)
    if status != 200:
        raise OutcomeUnknown(f"status {status}", request_id=txn_id)
    raise BadAnswer("answer cannot be read", request_id=txn_id)


def _check_echo(operation: Operation, txn_id: str, message: Mapping[str, Any], *, success: bool) -> None:
    # A published refusal has messageCode 0 and no clientTxnId: those may be absent then, never different.
    echo = message.get("clientTxnId")
    if echo != txn_id and (success or echo not in (None, "")):
        raise BadAnswer("clientTxnId is not ours", request_id=txn_id)
    code = response_code(message.get("messageCode"))
    if code != str(operation.answer_code) and (success or code not in (None, "0")):
        raise BadAnswer("messageCode is not an answer's", request_id=txn_id)
