"""The calls of the platform that this library makes, with their message codes."""

from __future__ import annotations

from enum import StrEnum


class Operation(StrEnum):
    """One call of the API."""

    VERIFY = "verify"
    RETRIEVE = "retrieve"
    UPDATE = "update"
    SEND_OTP = "send_otp"
    VERIFY_OTP = "verify_otp"

    @property
    def request_code(self) -> int:
        return _MESSAGE_CODES[self]

    @property
    def answer_code(self) -> int:
        # Only 1960 has no published answer; every documented pair differs by one.
        return _MESSAGE_CODES[self] + 1

    @property
    def is_read(self) -> bool:
        """Whether asking twice is harmless; an OTP that is sent or tried twice is not."""
        return self in (Operation.VERIFY, Operation.RETRIEVE)


_MESSAGE_CODES = {
    Operation.VERIFY: 3020,
    Operation.RETRIEVE: 1930,
    Operation.UPDATE: 1280,
    Operation.SEND_OTP: 1940,
    Operation.VERIFY_OTP: 1960,
}
