"""The bank's calls as methods: typed arguments in, a frozen model or one error of the tree out."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

from wibmo import messages, records
from wibmo.config import ClientConfig
from wibmo.errors import BadAnswer, Duplicate, NotSent, Refused, UnknownCode, WibmoError, WrongDetails
from wibmo.exchange import Exchange
from wibmo.messages import Stamp
from wibmo.models import Address, Customer, Name, UpdateOutcome, UpdateRequest, VerifiedCardholder
from wibmo.operations import Operation
from wibmo.retries import Breaker, backoff, may_retry
from wibmo.tokens import RandomBytes
from wibmo.transport import HttpTransport, Transport

T = TypeVar("T")


class CardClient:
    """One environment of the platform; may be shared by threads.

    Every method raises an error of the tree in errors.py, or ValueError for an argument that no bank would
    take. Reads are tried again within `config.deadline`, each time under a new clientTxnId; a write is sent
    once, and whoever sends it again decides that himself.
    """

    def __init__(
        self,
        config: ClientConfig,
        *,
        transport: Transport | None = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        random_bytes: RandomBytes = secrets.token_bytes,
    ) -> None:
        self._config = config
        self._dialect = config.speaks
        self._transport = transport or HttpTransport(config, monotonic=monotonic)
        self._exchange = Exchange(
            config, self._dialect, self._transport, random_bytes=random_bytes, monotonic=monotonic
        )
        self._breaker = Breaker(config.breaker_failures, config.breaker_pause, monotonic)
        self._clock, self._monotonic, self._sleep = clock, monotonic, sleep
        self._random_bytes = random_bytes

    def __repr__(self) -> str:
        return f"CardClient({self._config.base_url!r}, {self._dialect.name!r})"

    def __enter__(self) -> CardClient:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the kept connections."""
        self._transport.close()

    def verify_cardholder(self, *, last_four: str, expiry: str, date_of_birth: date) -> VerifiedCardholder:
        """Whose card this is; `expiry` is MMYY. Raises WrongDetails whichever of the three is wrong."""

        def write(stamp: Stamp) -> bytes:
            return messages.write_verify(self._dialect, stamp, last_four, expiry, date_of_birth)

        return self._ask(
            Operation.VERIFY, write, lambda data, txn: records.read_verified(data, txn, last_four=last_four)
        )

    def verify_cardholder_by_contact(self, *, urn: str, mobile: str, email: str) -> VerifiedCardholder:
        """Whether this URN has this mobile number and this e-mail address."""

        def write(stamp: Stamp) -> bytes:
            return messages.write_verify_by_contact(self._dialect, stamp, urn, mobile, email)

        return self._ask(Operation.VERIFY, write, lambda data, txn: records.read_verified(data, txn, urn=urn))

    def retrieve_customer(
        self,
        *,
        urn: str | None = None,
        customer_id: str | None = None,
        mobile: str | None = None,
        email: str | None = None,
    ) -> Customer:
        """The record that one identifier names."""
        given = {"urn": urn, "customer_id": customer_id, "mobile": mobile, "email": email}
        asked = {name: value for name, value in given.items() if value is not None}
        return self._ask(
            Operation.RETRIEVE,
            lambda stamp: messages.write_retrieve(self._dialect, stamp, asked),
            lambda data, txn: records.read_customer(data, txn, self._dialect.rupee_fields, asked=asked),
        )

    def build_update(
        self,
        *,
        urn: str,
        customer: Customer,
        email: str | None = None,
        mobile: str | None = None,
        name: Name | None = None,
        address: Address | None = None,
        txn_id: str | None = None,
        now: float | None = None,
    ) -> UpdateRequest:
        """One change as frozen bytes, around what `customer` (just retrieved) says now; sends nothing."""
        given: dict[str, str | Name | Address | None] = {
            "email": email, "mobile": mobile, "name": name, "address": address,
        }  # fmt: skip
        changes = {field: change for field, change in given.items() if change is not None}
        if len(changes) != 1:
            raise ValueError("give exactly one of email, mobile, name, address")
        ((field, change),) = changes.items()
        stamp = Stamp(txn_id or self._new_txn_id(), self._clock() if now is None else now)
        return messages.write_update(
            self._dialect, stamp, urn=urn, customer=customer, product_id=self._config.product_id,
            change=change, field=field,
        )  # fmt: skip

    def send_update(self, request: UpdateRequest | bytes) -> UpdateOutcome:
        """Sends the frozen request once.

        NotSent: nothing left. OutcomeUnknown: read back. Duplicate: an earlier copy had arrived. Refused and
        Misconfigured: nothing was changed.
        """
        if not isinstance(request, UpdateRequest):
            request = messages.read_update_request(request)
        data = self._once(Operation.UPDATE, request.plaintext, request.txn_id)
        return records.read_update(data, request.txn_id)

    def update_profile(
        self,
        *,
        urn: str,
        customer: Customer,
        email: str | None = None,
        mobile: str | None = None,
        name: Name | None = None,
        address: Address | None = None,
    ) -> UpdateOutcome:
        """build_update and send_update in one; for callers without a journal."""
        return self.send_update(
            self.build_update(
                urn=urn, customer=customer, email=email, mobile=mobile, name=name, address=address
            )
        )

    def send_otp(self, *, mobile: str, again: bool = False, new_number: bool = False) -> None:
        """Has the platform text a code to the number; `new_number` allows one that no record holds yet."""
        stamp = self._stamp()
        number = messages.with_country(mobile, self._dialect.country_prefix)
        plaintext = messages.write_send_otp(
            stamp, mobile=number, product_id=self._config.product_id, again=again, new_number=new_number
        )
        self._once(Operation.SEND_OTP, plaintext, stamp.txn_id)

    def verify_otp(self, *, mobile: str, code: str, new_number: bool = False) -> None:
        """Returns if the code is right, raises WrongDetails if it is wrong or too old."""
        stamp = self._stamp()
        number = messages.with_country(mobile, self._dialect.country_prefix)
        plaintext = messages.write_verify_otp(stamp, mobile=number, code=code, new_number=new_number)
        try:
            self._once(Operation.VERIFY_OTP, plaintext, stamp.txn_id)
        except WibmoError as error:
            # No page lists the codes of this call, so which of them mean "wrong" is a setting.
            if error.code in self._dialect.otp_wrong_codes:
                raise WrongDetails("wrong_details", code=error.code, request_id=stamp.txn_id) from None
            raise

    def _ask(
        self,
        operation: Operation,
        write: Callable[[Stamp], bytes],
        read: Callable[[Mapping[str, Any], str], T],
    ) -> T:
        until = self._monotonic() + self._config.deadline
        for attempt in range(1, self._config.attempts + 1):
            stamp = self._stamp()
            plaintext = write(stamp)
            if self._breaker.is_open():
                raise NotSent("circuit open", request_id=stamp.txn_id)
            try:
                left = until - self._monotonic()
                data = self._exchange.call(operation, plaintext, stamp.txn_id, patience=left)
                found = read(data, stamp.txn_id)
            except WibmoError as error:
                pause = backoff(attempt, self._random_bytes(1)[0] / 255)
                too_late = self._monotonic() + pause >= until
                if attempt == self._config.attempts or too_late or not may_retry(operation, error):
                    self._count(error)
                    raise
            else:
                self._breaker.succeeded()
                return found
            self._sleep(pause)
        raise AssertionError("unreachable")

    def _once(self, operation: Operation, plaintext: bytes, txn_id: str) -> Mapping[str, Any]:
        # The breaker never holds a write back: its caller has journalled it and reads an outcome from us.
        try:
            data = self._exchange.call(operation, plaintext, txn_id)
        except WibmoError as error:
            self._count(error)
            raise
        self._breaker.succeeded()
        return data

    def _count(self, error: WibmoError) -> None:
        # An odd answer about one customer must not keep everybody else away.
        answered = isinstance(error, Refused | BadAnswer | Duplicate | UnknownCode)
        (self._breaker.succeeded if answered else self._breaker.failed)()

    def _stamp(self) -> Stamp:
        return Stamp(self._new_txn_id(), self._clock())

    def _new_txn_id(self) -> str:
        return messages.new_txn_id(self._dialect.txn_length, self._random_bytes)
