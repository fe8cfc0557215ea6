"""What the pretend bank does with one decrypted message: checks it to the letter, then answers or refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from wibmo.dialects import Dialect, write_date
from wibmo.messages import IDENTIFIERS
from wibmo.operations import Operation
from wibmo.sandbox.ledger import Ledger
from wibmo.sandbox.people import KYC_PROFILES, Person
from wibmo.sandbox.style import Style, write_record

_MOBILE = re.compile(r"91[5-9][0-9]{9}", re.ASCII)
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,40}@[A-Za-z0-9.-]+\.[A-Za-z]{2,}", re.ASCII)
_STAMP = {"messageCode", "clientTxnId", "requestDateTime"}
_ECHOES = {"productId", "urn", "cardProfileId", "firstName", "lastName", "dateOfBirth", "updateVectors"}
_ADDRESS = {
    "address", "city", "state", "country", "zipCode", "addressline1", "addressline2", "addressline3",
    "cardholderCity", "cardholderState", "cardholderCountry", "cardholderZipCode",
}  # fmt: skip


class Refusal(Exception):
    """The bank says no with this code."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass
class Decision:
    """What the bank says, and what it will write down once it is said."""

    fields: dict[str, Any]
    effect: tuple[str, dict[str, str]] | None = None


@dataclass
class Desk:
    """One clerk: a ledger, a dialect, and the rules of the pages."""

    ledger: Ledger
    dialect: Dialect
    style: Style
    product_id: str
    new_otp: Callable[[], str]
    on_text: Callable[[str, str], None]

    def check_stamp(self, operation: Operation, message: Mapping[str, Any]) -> None:
        """The three fields that every message begins with; then nobody may use this clientTxnId again."""
        code = message.get("messageCode")
        if isinstance(code, bool) or not str(code).isdigit():
            raise Refusal("77101" if operation is Operation.UPDATE else "1056")
        if str(code) != str(operation.request_code):
            raise Refusal("1030" if operation is Operation.VERIFY else "1056")
        txn_id = message.get("clientTxnId")
        if not isinstance(txn_id, str) or not 1 <= len(txn_id) <= self.dialect.txn_length:
            raise Refusal("1093")
        when = message.get("requestDateTime")
        if when in (None, ""):
            raise Refusal("1320")
        if not isinstance(when, str | int) or not _is_moment(str(when)):
            raise Refusal("1088")
        if not self.ledger.is_new(txn_id):
            raise Refusal("1054")

    def decide(self, operation: Operation, message: Mapping[str, Any]) -> Decision:
        return {
            Operation.VERIFY: self._verify,
            Operation.RETRIEVE: self._retrieve,
            Operation.UPDATE: self._update,
            Operation.SEND_OTP: self._send_otp,
            Operation.VERIFY_OTP: self._verify_otp,
        }[operation](message)

    def about(self, message: Mapping[str, Any]) -> list[Person]:
        """Whom a message is about, for faults that belong to a person."""
        if "last4Digits" in message:
            return [person for person, _ in self.ledger.cards(str(message["last4Digits"]))]
        for name, sent in IDENTIFIERS.items():
            if sent in message:
                return self.ledger.find(**{name: str(message[sent])})
        return []

    def _verify(self, message: Mapping[str, Any]) -> Decision:
        contact = ("urn", self.dialect.verify_mobile_field, self.dialect.verify_email_field)
        details = ("last4Digits", "cardExpiry", "dob")
        _only(message, {*contact, *details})
        if any(name in message for name in contact):
            if not all(message.get(name) for name in contact):
                raise Refusal("1332")
            return self._verify_contact(*(str(message[name]) for name in contact))
        if not all(message.get(name) for name in details):
            raise Refusal("1333")
        return self._verify_details(*(str(message[name]) for name in details))

    def _verify_details(self, last_four: str, expiry: str, dob: str) -> Decision:
        if not re.fullmatch(r"[0-9]{4}", last_four):
            raise Refusal("1335")
        born = _read_date(dob, self.dialect.verify_date)
        if born is None or not re.fullmatch(r"(0[1-9]|1[0-2])[0-9]{2}", expiry):
            raise Refusal("1088")
        cards = self.ledger.cards(last_four)
        if not cards:
            raise Refusal("1001")
        fitting = [each for each in cards if each[1].expiry == expiry and each[0].date_of_birth == born]
        if len(fitting) != 1:
            raise Refusal("1336" if fitting else "1302")
        person, card = fitting[0]
        return Decision(_identity(person, card.urn, card.last_four))

    def _verify_contact(self, urn: str, mobile: str, email: str) -> Decision:
        people = self.ledger.find(urn=urn)
        if not people:
            raise Refusal("1001")
        if people[0].mobile != mobile or people[0].email.casefold() != email.casefold():
            raise Refusal("1334")
        card = next(card for card in people[0].cards if card.urn == urn)
        return Decision(_identity(people[0], urn, card.last_four))

    def _retrieve(self, message: Mapping[str, Any]) -> Decision:
        _only(message, set(IDENTIFIERS.values()))
        given = [(name, str(message[sent])) for name, sent in IDENTIFIERS.items() if sent in message]
        if not given:
            raise Refusal("1263")
        if len(given) > 1:
            raise Refusal("1304")
        ((name, value),) = given
        if name == "mobile" and not _MOBILE.fullmatch(value):
            raise Refusal("1034")
        if name == "email" and not _EMAIL.fullmatch(value):
            raise Refusal("1092")
        people = self.ledger.find(**{name: value})
        if not people:
            raise Refusal({"urn": "1001", "customer_id": "1275"}.get(name, "1303"))
        if len(people) > 1:
            raise Refusal("1237" if name == "mobile" else "1307")
        return Decision(write_record(people[0], self.style))

    def _update(self, message: Mapping[str, Any]) -> Decision:
        moved = {self.dialect.email_field: "email", self.dialect.mobile_field: "mobile"}
        if len([name for name in ("urn", "customerId", "customerMobile") if name in message]) > 1:
            raise Refusal("1304")
        _only(message, {*_ECHOES, *_ADDRESS, *moved})
        person = self._echoed(message)
        wanted = {moved[name]: str(message[name]) for name in moved if name in message}
        wanted |= {"first_name": str(message["firstName"])}
        wanted |= {"last_name": str(message["lastName"])} if "lastName" in message else {}
        wanted |= {name: str(message[name]) for name in _ADDRESS if name in message}
        present = {**vars(person), **{name: person.address.get(name, "") for name in _ADDRESS}}
        changes = {name: value for name, value in wanted.items() if present[name] != value}
        if not changes:
            raise Refusal("8007")
        if "mobile" in changes:
            self._check_mobile(changes["mobile"])
        if "email" in changes and not (_EMAIL.fullmatch(changes["email"]) and len(changes["email"]) <= 50):
            raise Refusal("1092")
        answer = {"customerId": person.customer_id, "cardProfileId": person.profile_id}
        return Decision(answer, effect=(str(message["urn"]), changes))

    def _echoed(self, message: Mapping[str, Any]) -> Person:
        if str(message.get("productId", "")) != self.product_id:
            raise Refusal("1050")
        profile = str(message.get("cardProfileId", ""))
        if not profile:
            raise Refusal("1090")
        if profile not in map(str, KYC_PROFILES.values()):
            raise Refusal("1091")
        if not str(message.get("urn", "")).isdigit():
            raise Refusal("85114")
        if not str(message.get("firstName", "")).strip():
            raise Refusal("1290")
        people = self.ledger.find(urn=str(message["urn"]))
        if not people:
            raise Refusal("1306")
        if profile != str(people[0].profile_id):
            raise Refusal("1309")
        if _read_date(str(message.get("dateOfBirth")), self.dialect.update_date) != people[0].date_of_birth:
            raise Refusal("1088")
        return people[0]

    def _check_mobile(self, mobile: str) -> None:
        if not _MOBILE.fullmatch(mobile):
            raise Refusal("1034")
        if self.ledger.find(mobile=mobile):
            raise Refusal("1237")

    def _send_otp(self, message: Mapping[str, Any]) -> Decision:
        _only(message, {"cardHolderMobileNumber", "productId", "otp_generation_type", "smsVerifySkipFlag"})
        if not isinstance(message.get("productId"), int) or str(message["productId"]) != self.product_id:
            raise Refusal("1050")
        mobile = self._otp_mobile(message, "cardHolderMobileNumber")
        if message.get("otp_generation_type") not in ("0", "1"):
            raise Refusal("1055")
        code = self.new_otp()
        self.ledger.text_otp(mobile, code)
        self.on_text(mobile, code)
        return Decision({})

    def _verify_otp(self, message: Mapping[str, Any]) -> Decision:
        _only(message, {"mobileNumber", "otp", "smsVerifySkipFlag"})
        mobile = self._otp_mobile(message, "mobileNumber")
        if not self.ledger.try_otp(mobile, str(message.get("otp", ""))):
            raise Refusal("1334")
        return Decision({})

    def _otp_mobile(self, message: Mapping[str, Any], name: str) -> str:
        mobile = str(message.get(name, ""))
        if not _MOBILE.fullmatch(mobile):
            raise Refusal("1034")
        if message.get("smsVerifySkipFlag") is not True and not self.ledger.find(mobile=mobile):
            raise Refusal("1302")
        return mobile


def _identity(person: Person, urn: str, last_four: str) -> dict[str, Any]:
    return {
        "urn": int(urn),
        "customerId": person.customer_id,
        "last4Digits": last_four,
        "cardType": "GPR",
        "isPanValid": "N",
        "kycStatus": person.kyc_name.replace("_KYC", " CDD"),
    }


def _only(message: Mapping[str, Any], known: set[str]) -> None:
    if set(message) - known - _STAMP:
        raise Refusal("1055")


def _is_moment(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y%m%d%H%M%S")
    except ValueError:
        return False
    return len(text) == 14


def _read_date(text: str, form: str) -> date | None:
    digits = re.findall(r"[0-9]+", text)
    try:
        if form == "dd-MM-yyyy" and len(digits) == 3:
            found = date(int(digits[2]), int(digits[1]), int(digits[0]))
        elif form == "yyyyMMdd" and len(text) == 8:
            found = date(int(text[:4]), int(text[4:6]), int(text[6:]))
        elif form == "yyyy-MM-dd":
            found = date.fromisoformat(text)
        else:
            found = datetime.strptime(text, "%d-%b-%Y").date()
    except ValueError:
        return None
    return found if write_date(found, form) == text else None
