"""Writes the clear text of each request; whatever is not written here cannot be said to the bank."""

from __future__ import annotations

import json
import re
import secrets
from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from wibmo.dialects import Dialect, write_date
from wibmo.errors import NotSent
from wibmo.models import Address, Customer, Name, UpdateRequest
from wibmo.operations import Operation
from wibmo.tokens import RandomBytes

# India has had one offset, without summer time, since 1945.
INDIA = timezone(timedelta(hours=5, minutes=30), "Asia/Kolkata")
IDENTIFIERS = {"urn": "urn", "customer_id": "customerId", "mobile": "customerMobile", "email": "emailId"}

_ADDRESS_NAMES = {
    "sample": {
        "line1": "address", "city": "city", "state": "state", "country": "country", "zipcode": "zipCode",
    },
    "table": {
        "line1": "addressline1", "line2": "addressline2", "line3": "addressline3", "city": "cardholderCity",
        "state": "cardholderState", "country": "cardholderCountry", "zipcode": "cardholderZipCode",
    },
}  # fmt: skip
_VECTORS = {"email": "emailId", "mobile": "mobile", "address": "address,city,state,country,zipcode"}


def new_txn_id(length: int = 14, random_bytes: RandomBytes = secrets.token_bytes) -> str:
    """A fresh clientTxnId of capital letters and digits, five random bits each."""
    return b32encode(random_bytes(-(-length * 5 // 8))).decode("ascii").rstrip("=")[:length]


def request_time(now: float) -> str:
    """YYYYMMDDHHMMSS on an Indian clock.

    >>> request_time(0)
    '19700101053000'
    """
    return datetime.fromtimestamp(now, INDIA).strftime("%Y%m%d%H%M%S")


def with_country(mobile: str, prefix: str = "91") -> str:
    """A mobile number as the platform stores it: digits only, country code in front.

    >>> with_country("+91 98765 43210")
    '919876543210'
    """
    digits = re.sub(r"[\s+()-]", "", mobile)
    if not re.fullmatch(r"[0-9]{10,13}", digits):
        raise ValueError("mobile must have 10 digits, or 12 with its country code")
    return prefix + digits[-10:] if digits[:-10] in ("", "0", prefix) else digits


@dataclass(frozen=True)
class Stamp:
    """What makes one request unlike all others."""

    txn_id: str
    now: float

    def open(self, operation: Operation) -> dict[str, object]:
        return {
            "messageCode": operation.request_code,
            "clientTxnId": self.txn_id,
            "requestDateTime": request_time(self.now),
        }


def write_verify(dialect: Dialect, stamp: Stamp, last_four: str, expiry: str, date_of_birth: date) -> bytes:
    if not re.fullmatch(r"[0-9]{4}", last_four) or not re.fullmatch(r"(0[1-9]|1[0-2])[0-9]{2}", expiry):
        raise ValueError("last_four must have 4 digits and expiry be MMYY")
    dob = write_date(date_of_birth, dialect.verify_date)
    return _json(stamp.open(Operation.VERIFY), last4Digits=last_four, cardExpiry=expiry, dob=dob)


def write_verify_by_contact(dialect: Dialect, stamp: Stamp, urn: str, mobile: str, email: str) -> bytes:
    contact = {
        "urn": _urn(urn),
        dialect.verify_mobile_field: with_country(mobile, dialect.country_prefix),
        dialect.verify_email_field: email,
    }
    return _json(stamp.open(Operation.VERIFY), **contact)


def write_retrieve(dialect: Dialect, stamp: Stamp, asked: Mapping[str, str]) -> bytes:
    """`asked` names exactly one of urn, customer_id, mobile, email: two are error 1304."""
    if len(asked) != 1:
        raise ValueError("give exactly one of urn, customer_id, mobile, email")
    ((name, value),) = asked.items()
    if name == "mobile":
        value = with_country(value, dialect.country_prefix)
    return _json(stamp.open(Operation.RETRIEVE), **{IDENTIFIERS[name]: value})


def write_update(
    dialect: Dialect,
    stamp: Stamp,
    *,
    urn: str,
    customer: Customer,
    product_id: str,
    change: str | Name | Address,
    field: str,
) -> UpdateRequest:
    """Echoes what the bank wants to see again (profile, first name, date of birth) around one change."""
    if not customer.first_name:
        # The bank would answer 1290; nothing has left this machine yet.
        raise NotSent("field firstName missing or unreadable", request_id=stamp.txn_id)
    message = stamp.open(Operation.UPDATE)
    if product_id:
        message["productId"] = product_id
    message |= {"urn": _urn(urn), "cardProfileId": customer.profile_id, "firstName": customer.first_name}
    if customer.date_of_birth:
        message["dateOfBirth"] = write_date(customer.date_of_birth, dialect.update_date)
    if dialect.update_vectors and field in _VECTORS:
        message["updateVectors"] = _VECTORS[field]
    message |= _change(dialect, change, field)
    return UpdateRequest(_json(message), stamp.txn_id, field)


def _change(dialect: Dialect, change: str | Name | Address, field: str) -> dict[str, object]:
    if isinstance(change, Name):
        if not change.first.strip():
            raise ValueError("a name needs its first part")
        return {"firstName": change.first, **({"lastName": change.last} if change.last else {})}
    if isinstance(change, Address):
        names = _ADDRESS_NAMES[dialect.address_style]
        return {name: getattr(change, each) for each, name in names.items() if getattr(change, each)}
    if field == "mobile":
        return {dialect.mobile_field: with_country(change, dialect.country_prefix)}
    if not re.fullmatch(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+", change) or len(change) > 50:
        raise ValueError("email must be an address of at most 50 characters")
    return {dialect.email_field: change}


def write_send_otp(stamp: Stamp, *, mobile: str, product_id: str, again: bool, new_number: bool) -> bytes:
    return _json(
        stamp.open(Operation.SEND_OTP),
        cardHolderMobileNumber=mobile,
        productId=int(product_id) if product_id.isdigit() else product_id,
        otp_generation_type="1" if again else "0",
        smsVerifySkipFlag=new_number,
    )


def write_verify_otp(stamp: Stamp, *, mobile: str, code: str, new_number: bool) -> bytes:
    message = stamp.open(Operation.VERIFY_OTP)
    return _json(message, mobileNumber=mobile, otp=code, smsVerifySkipFlag=new_number)


def read_update_request(plaintext: bytes) -> UpdateRequest:
    """The request that was frozen into these bytes."""
    message = json.loads(plaintext)
    if message["messageCode"] != Operation.UPDATE.request_code:
        raise ValueError("not an update request")
    return UpdateRequest(plaintext, str(message["clientTxnId"]), "")


def _urn(urn: str) -> str:
    if not re.fullmatch(r"[0-9]{1,20}", urn):
        raise ValueError("urn must be digits")
    return urn


def _json(message: Mapping[str, object], **more: object) -> bytes:
    return json.dumps({**message, **more}, separators=(",", ":")).encode("ascii")
