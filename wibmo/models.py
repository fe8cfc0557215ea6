"""What the bank says, as frozen values whose repr shows nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum


class _Veiled:
    """A repr that names the type and no value."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(***)"


class CardStatus(Enum):
    """Published states of a card; UNKNOWN for whatever is not."""

    ACTIVE = "0"
    ICC_AUTHORISED = "1"
    PRE_ACTIVE = "9"
    TEMPORARY_BLOCK = "12"
    PERMANENT_BLOCK = "13"
    ICC_EXPIRED = "14"
    DISABLED = "21"
    UNKNOWN = "?"


class Kyc(Enum):
    """Level of KYC behind a profile id; two pages give two numbers for the minimum."""

    FULL = (150,)
    MINIMUM = (30, 1)
    SHORTFALL = (300,)
    IKYC = (200,)
    UNKNOWN = ()


@dataclass(frozen=True, repr=False)
class VerifiedCardholder(_Veiled):
    """Whom the given details belong to."""

    urn: str
    customer_id: str
    last_four: str
    card_type: str = ""
    kyc_status: str = ""
    pan_valid: bool | None = None


@dataclass(frozen=True, repr=False)
class Channel(_Veiled):
    """A way to pay, such as e-Com or POS, in one region, and whether it is on."""

    id: str
    kind: str
    region: str
    enabled: bool | None


@dataclass(frozen=True, repr=False)
class Wallet(_Veiled):
    """One pot of money of a card; `valid_thru` is MMYY or empty."""

    id: str
    name: str
    is_default: bool
    available_paise: int
    valid_thru: str = ""
    status: CardStatus = CardStatus.UNKNOWN
    account_number: str = ""


@dataclass(frozen=True, repr=False)
class Card(_Veiled):
    """One card of a customer."""

    urn: str
    last_four: str
    status: CardStatus
    status_description: str
    available_paise: int
    wallets: tuple[Wallet, ...] = ()
    channels: tuple[Channel, ...] = ()
    masked_number: str = ""
    card_type: str = ""
    created_on: date | None = None
    updated_on: date | None = None


@dataclass(frozen=True, repr=False)
class Customer(_Veiled):
    """A customer's record; numbers of identity documents are not in it, only their kinds."""

    customer_id: str
    profile_id: str
    first_name: str
    last_name: str
    mobile: str
    email: str
    date_of_birth: date | None
    cards: tuple[Card, ...]
    kyc_name: str = ""
    alternate_email: str = ""
    ovd_name: str = ""
    entity_name: str = ""
    risk_category: str = ""
    risk_score: int | None = None
    re_kyc: bool | None = None
    re_kyc_expiry: str = ""
    form60: bool | None = None
    form60_expiry: str = ""
    pan_valid: bool | None = None
    migrated: bool | None = None
    created_on: date | None = None
    updated_on: date | None = None
    document_kinds: tuple[str, ...] = ()

    @property
    def kyc(self) -> Kyc:
        """The level of KYC by profile id."""
        return next((each for each in Kyc if self.profile_id in map(str, each.value)), Kyc.UNKNOWN)


@dataclass(frozen=True, repr=False)
class Name(_Veiled):
    """A cardholder's new name."""

    first: str
    last: str = ""


@dataclass(frozen=True, repr=False)
class Address(_Veiled):
    """A cardholder's new address."""

    line1: str
    city: str
    state: str
    zipcode: str
    country: str = "India"
    line2: str = ""
    line3: str = ""


@dataclass(frozen=True, repr=False)
class UpdateRequest(_Veiled):
    """A change, frozen to the byte: keep `plaintext`, and the very same request can be sent again."""

    plaintext: bytes
    txn_id: str
    field: str


@dataclass(frozen=True, repr=False)
class UpdateOutcome(_Veiled):
    """The bank accepted a change; read the record back before saying that it is done."""

    txn_id: str
    profile_id: str = ""
    bank_reference: str = ""
