"""What is said when the bank does not do what it was asked: one response of domain.yml for each kind of error and call."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from wibmo import (
    AlreadySet,
    Ambiguous,
    BankUnavailable,
    CardState,
    Misconfigured,
    NotSent,
    Operation,
    Refused,
    UserInput,
    WibmoError,
    WrongDetails,
)
from wibmo.codes import error_for

log = logging.getLogger(__name__)

UNAVAILABLE = "utter_bank_unavailable"
NOT_DONE = "utter_change_not_done"
PENDING = "utter_change_pending"

# The nearest kind in the tree of wibmo/errors.py counts.
RESPONSES: Mapping[Operation, Mapping[type[WibmoError], str]] = {
    # All refusals share one text: nobody learns which detail was wrong, or whether there is such a card.
    Operation.VERIFY: {Refused: "utter_verification_failed", BankUnavailable: UNAVAILABLE},
    Operation.RETRIEVE: {
        WrongDetails: "utter_record_not_found",
        Ambiguous: "utter_record_ambiguous",
        CardState: "utter_record_card_state",
        UserInput: UNAVAILABLE,  # no value of the cardholder's is in this question
        BankUnavailable: UNAVAILABLE,
    },
    Operation.UPDATE: {
        WrongDetails: NOT_DONE,
        Ambiguous: "utter_change_needs_person",
        CardState: "utter_change_card_state",
        UserInput: "utter_change_refused_value",
        AlreadySet: NOT_DONE,  # an environment that knows the field by another name says this, too
        Misconfigured: NOT_DONE,
        NotSent: NOT_DONE,
        BankUnavailable: PENDING,
    },
}


def words_for(operation: Operation, error: WibmoError) -> str:
    """The response to this error of this call."""
    words = RESPONSES[operation]
    return next(words[kind] for kind in type(error).__mro__ if kind in words)


def words_for_rejected(code: str) -> str:
    """The response to a change that the bank did not make, by the code that the journal kept."""
    error = error_for(Operation.UPDATE, code, None)
    return words_for(Operation.UPDATE, error) if isinstance(error, Refused) else NOT_DONE


def report(operation: Operation, error: WibmoError) -> None:
    """A line for the operator; settings that the bank refuses want somebody's eyes at once."""
    level = logging.ERROR if isinstance(error, Misconfigured) else logging.WARNING
    log.log(level, "%s: %s %s", operation.value, type(error).__name__, error)
