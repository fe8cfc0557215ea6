"""How one environment of the platform speaks: paths, places, names and formats, with presets by document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from types import MappingProxyType

from wibmo.operations import Operation

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DATE_FORMATS = ("dd-MM-yyyy", "yyyyMMdd", "dd-MMM-yyyy", "yyyy-MM-dd")
ENVELOPES = ("token", "result", "encdata", "clear")
CODECS = ("random-iv", "fixed-iv", "ecb", "vendor")
ADDRESS_STYLES = ("sample", "table")

_PATHS: Mapping[Operation, tuple[str, str]] = MappingProxyType(
    {
        Operation.VERIFY: ("POST", "/api/onboarding/v1/verifyCardholder"),
        Operation.RETRIEVE: ("POST", "/api/onboarding/v3/retrieveCustRecord"),
        Operation.UPDATE: ("PATCH", "/api/onboarding/v3/updateprofile"),
        Operation.SEND_OTP: ("POST", "/api/onboarding/v1/sentOtpMobile"),
        Operation.VERIFY_OTP: ("POST", "/api/onboarding/v1/verifyMobileOtp"),
    }
)


class ConfigError(ValueError):
    """A field of ClientConfig cannot be used; the text names it and never shows it."""


class DialectError(ConfigError):
    """A dialect cannot be used; the text names the part."""


def _check(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise DialectError(f"dialect: {name} must be one of " + ", ".join(known))


@dataclass(frozen=True)
class Dialect:
    """One way to speak.

    `email_field` is "email" because the published sample and the vendor's own running tests send that, and
    only prose says emailId; read-back shows at once if an environment differs. `mobile_field` is "mobile" as
    in createCard; customerMobile is an identifier, and two identifiers are error 1304.
    """

    name: str = "v3"
    prefix: str = ""
    paths: Mapping[Operation, tuple[str, str]] = field(default_factory=lambda: _PATHS)
    ids_in_body: frozenset[Operation] = frozenset()
    envelope: str = "token"
    codec: str = "random-iv"
    encrypt_path: str = "/api/v2/encrypt"
    decrypt_path: str = "/api/v2/decrypt"
    txn_length: int = 14
    email_field: str = "email"
    mobile_field: str = "mobile"
    verify_mobile_field: str = "customerMobile"
    verify_email_field: str = "emailId"
    verify_date: str = "dd-MM-yyyy"
    update_date: str = "dd-MM-yyyy"
    update_vectors: bool = False
    address_style: str = "sample"
    country_prefix: str = "91"
    rupee_fields: frozenset[str] = frozenset()
    otp_wrong_codes: frozenset[str] = frozenset({"1334", "1335"})

    def __post_init__(self) -> None:
        _check("envelope", self.envelope, ENVELOPES)
        _check("codec", self.codec, CODECS)
        _check("verify_date", self.verify_date, DATE_FORMATS)
        _check("update_date", self.update_date, DATE_FORMATS)
        _check("address_style", self.address_style, ADDRESS_STYLES)
        if not 8 <= self.txn_length <= 100:
            raise DialectError("dialect: txn_length must be between 8 and 100")
        if self.mobile_field == "customerMobile":
            raise DialectError("dialect: mobile_field customerMobile is an identifier (error 1304)")

    def route(self, operation: Operation) -> tuple[str, str]:
        """Verb and path below the base URL."""
        verb, path = self.paths[operation]
        return verb, self.prefix + path


def write_date(value: date, form: str) -> str:
    """A date as the platform wants it.

    >>> write_date(date(1993, 7, 11), "dd-MMM-yyyy")
    '11-Jul-1993'
    """
    day, month, year = f"{value.day:02}", f"{value.month:02}", f"{value.year:04}"
    return {
        "dd-MM-yyyy": f"{day}-{month}-{year}",
        "yyyyMMdd": f"{year}{month}{day}",
        "dd-MMM-yyyy": f"{day}-{MONTHS[value.month - 1]}-{year}",
        "yyyy-MM-dd": f"{year}-{month}-{day}",
    }[form]


def _with_paths(**changed: str) -> Mapping[Operation, tuple[str, str]]:
    pairs = {Operation(name): tuple(route.split(" ", 1)) for name, route in changed.items()}
    return MappingProxyType({**_PATHS, **pairs})  # type: ignore[dict-item]  # split(" ", 1) gives two parts


_V1_PATHS = {
    "retrieve": "POST /api/onboarding/v2/retrieveCustRecord",
    "update": "PATCH /api/onboarding/v1/updateProfile",
}

PRESETS: Mapping[str, Dialect] = MappingProxyType(
    {
        each.name: each
        for each in (
            Dialect(),
            Dialect("v3-sandbox", prefix="/uat/sbx"),
            Dialect("v3-page", prefix="/uat/sbx", ids_in_body=frozenset({Operation.RETRIEVE})),
            Dialect("v1", prefix="/mob1", paths=_with_paths(**_V1_PATHS)),
            Dialect(
                "v1-page",
                prefix="/mob1",
                paths=_with_paths(verify="POST /API/onboarding/v1/verifyCardholder", **_V1_PATHS),
                email_field="emailId",
                update_date="yyyyMMdd",
            ),
            Dialect(
                "v2-page",
                paths=_with_paths(
                    retrieve="POST /api/v2/customer/retrieveCustRecord",
                    update="PATCH /api/onboarding/v1/updateProfile",
                ),
                txn_length=10,
                email_field="emailId",
                update_date="yyyyMMdd",
            ),
        )
    }
)


def dialect_from(text: str | Dialect) -> Dialect:
    """A preset's name, then any number of changes: `v3; ids=body; codec=ecb; path.verify=POST /x`.

    >>> dialect_from("v3; email_field=emailId").email_field
    'emailId'
    """
    if isinstance(text, Dialect):
        return text
    name, *changes = (part.strip() for part in text.split(";"))
    if name not in PRESETS:
        raise DialectError("dialect: unknown preset; known are " + ", ".join(PRESETS))
    dialect = PRESETS[name]
    for change in filter(None, changes):
        key, sign, value = (part.strip() for part in change.partition("="))
        if not sign:
            raise DialectError("dialect: a change looks like name=value")
        dialect = _changed(dialect, key, value)
    return replace(dialect, name=text.strip())


def _changed(dialect: Dialect, key: str, value: str) -> Dialect:
    if key == "ids":
        return replace(dialect, ids_in_body=_operations(value))
    if key.startswith("path."):
        operation = key.removeprefix("path.")
        if operation not in {each.value for each in Operation} or " /" not in value:
            raise DialectError("dialect: a path looks like path.verify=POST /api/x")
        return replace(dialect, paths={**dialect.paths, **{Operation(operation): _route(value)}})
    kinds = {each.name: type(getattr(dialect, each.name)) for each in fields(dialect)}
    kind = kinds.get(key)
    if kind is str and key != "name":
        return replace(dialect, **{key: value})  # type: ignore[arg-type]  # the kind was looked at
    if kind is bool and value in ("yes", "no"):
        return replace(dialect, **{key: value == "yes"})  # type: ignore[arg-type]
    if kind is int and value.isdigit():
        return replace(dialect, **{key: int(value)})  # type: ignore[arg-type]
    if kind is frozenset and key != "ids_in_body":
        names = frozenset(part.strip() for part in value.split(",") if part.strip())
        return replace(dialect, **{key: names})  # type: ignore[arg-type]
    raise DialectError("dialect: unknown or unusable change")


def _operations(value: str) -> frozenset[Operation]:
    """Those whose ids go into the body: `body` for all, `headers` for none, or names."""
    if value in ("body", "headers"):
        return frozenset(Operation) if value == "body" else frozenset()
    known = {each.value: each for each in Operation}
    names = [part.strip() for part in value.split(",")]
    if not set(names) <= set(known):
        raise DialectError("dialect: ids must be headers, body, or names of calls")
    return frozenset(known[name] for name in names)


def _route(value: str) -> tuple[str, str]:
    verb, path = value.split(" ", 1)
    return verb.upper(), path.strip()
