"""One request and its answer: sealed, addressed, sent, opened, and logged without a value."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from wibmo.answers import RawAnswer, parse_json, read_answer, response_code
from wibmo.codes import error_for, is_success
from wibmo.config import ClientConfig
from wibmo.dialects import Dialect
from wibmo.errors import NotSent, Refused, TokenError, WibmoError
from wibmo.operations import Operation
from wibmo.tokens import Codec, LocalCodec, Mode, RandomBytes, VendorCodec
from wibmo.transport import Transport

_log = logging.getLogger("wibmo")


class Exchange:
    """Speaks one dialect over one transport; never tries twice."""

    def __init__(
        self,
        config: ClientConfig,
        dialect: Dialect,
        transport: Transport,
        *,
        random_bytes: RandomBytes,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._dialect = dialect
        self._transport = transport
        self._monotonic = monotonic
        self._key_header = {"x-api-key": config.api_key, "content-type": "application/json"}
        self._ids = {
            "X-Consumer-Custom-ID": config.consumer_id,
            "clientId": config.client_id,
            "bankId": config.bank_id,
            "entityId": config.entity_id,
            "secureCode": config.secure_code,
        }
        self._longest = config.connect_timeout + config.read_timeout
        if dialect.codec == "vendor":
            self._codec: Codec = VendorCodec(self._vendor_encrypt, self._vendor_decrypt)
        else:
            mode = Mode(dialect.codec)
            self._codec = LocalCodec(config.key, mode, fixed_iv=config.fixed_iv, random_bytes=random_bytes)

    def call(
        self, operation: Operation, plaintext: bytes, txn_id: str, *, patience: float | None = None
    ) -> Mapping[str, Any]:
        """The clear message of a success; every error carries `txn_id`."""
        began = self._monotonic()
        try:
            message = self.read(operation, txn_id, self.send(operation, plaintext, patience=patience))
        except WibmoError as error:
            error.request_id = txn_id
            level = logging.INFO if isinstance(error, Refused) else logging.WARNING
            kind = type(error).__name__
            _log.log(level, "%s %s %s %d ms", operation.value, kind, error, self._since(began))
            raise
        _log.info("%s ok request=%s %d ms", operation.value, txn_id, self._since(began))
        return message

    def send(self, operation: Operation, plaintext: bytes, *, patience: float | None = None) -> RawAnswer:
        """The answer as it came, unread."""
        verb, path = self._dialect.route(operation)
        in_body = operation in self._dialect.ids_in_body
        headers = self._key_header if in_body else {**self._key_header, **self._ids}
        body = self._wrap(plaintext, self._ids if in_body else {})
        longest = self._longest if patience is None else min(patience, self._longest)
        return self._transport.send(verb, path, headers, body, patience=longest, fresh=not operation.is_read)

    def read(self, operation: Operation, txn_id: str, raw: RawAnswer) -> Mapping[str, Any]:
        """The clear message of a success, from an answer as it came."""
        return read_answer(operation, txn_id, raw, self._codec, clear=self._dialect.envelope == "clear")

    def _since(self, began: float) -> int:
        return round((self._monotonic() - began) * 1000)

    def _wrap(self, plaintext: bytes, ids: Mapping[str, str]) -> bytes:
        if self._dialect.envelope == "clear":
            return json.dumps({**json.loads(plaintext), **ids}).encode() if ids else plaintext
        # Requests are always {"token": …}; only answers are known to come under other names.
        return json.dumps({"token": self._codec.encode(plaintext), **ids}, separators=(",", ":")).encode()

    def _vendor_encrypt(self, plaintext: bytes) -> str:
        try:
            raw = self._vendor(self._dialect.encrypt_path, {**self._key_header, **self._ids}, plaintext)
        except WibmoError as error:
            raise NotSent(f"encrypt: {error.reason}") from None
        answer = parse_json(raw.body) or {}
        token, code = answer.get("token"), response_code(answer.get("responseCode"))
        if raw.status == 200 and isinstance(token, str):
            return token
        if code is not None and not is_success(code):
            raise error_for(Operation.RETRIEVE, code, None)
        raise NotSent(f"encrypt: status {raw.status}")

    def _vendor_decrypt(self, token: str) -> bytes:
        body = json.dumps({"token": token}).encode()
        try:
            raw = self._vendor(self._dialect.decrypt_path, self._key_header, body)
        except WibmoError:
            raw = None
        if raw is None or raw.status != 200:
            raise TokenError
        return raw.body

    def _vendor(self, path: str, headers: Mapping[str, str], body: bytes) -> RawAnswer:
        path = self._dialect.prefix + path
        return self._transport.send("POST", path, headers, body, patience=self._longest, fresh=False)
