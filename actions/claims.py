"""What somebody says to prove who they are: a card's three details, or a URN with its registered contacts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date

from actions.guard.lockout import Admission, Lockout
from wibmo import CardClient, VerifiedCardholder


@dataclass(frozen=True, repr=False)
class Claim(ABC):
    """Who says to be which cardholder, in which message; `identity` is a pseudonym."""

    conversation: str
    identity: str
    address: str
    message_id: str

    @abstractmethod
    def admitted_by(self, lockout: Lockout, *, possession: bool = False, code: bool = False) -> Admission:
        """Count the try, before the bank is asked."""

    @abstractmethod
    def asked_of(self, client: CardClient) -> VerifiedCardholder:
        """Ask the bank whose card this is; raises its errors."""


@dataclass(frozen=True, repr=False)
class CardClaim(Claim):
    """By the card in hand; `expiry` is MMYY."""

    last_four: str
    expiry: str
    date_of_birth: date

    def admitted_by(self, lockout: Lockout, *, possession: bool = False, code: bool = False) -> Admission:
        return lockout.admit(
            self.conversation,
            self.identity,
            self.message_id,
            last_four=self.last_four,
            expiry=self.expiry,
            dob=self.date_of_birth,
            possession=possession,
            code=code,
            address=self.address or None,
        )

    def asked_of(self, client: CardClient) -> VerifiedCardholder:
        return client.verify_cardholder(
            last_four=self.last_four, expiry=self.expiry, date_of_birth=self.date_of_birth
        )


@dataclass(frozen=True, repr=False)
class ContactClaim(Claim):
    """By the card's URN with the mobile number and the e-mail address that are registered for it."""

    urn: str
    mobile: str
    email: str

    def admitted_by(self, lockout: Lockout, *, possession: bool = False, code: bool = False) -> Admission:
        return lockout.admit_contact(
            self.conversation,
            self.identity,
            self.message_id,
            urn=self.urn,
            mobile=self.mobile,
            possession=possession,
            code=code,
            address=self.address or None,
        )

    def asked_of(self, client: CardClient) -> VerifiedCardholder:
        return client.verify_cardholder_by_contact(urn=self.urn, mobile=self.mobile, email=self.email)
