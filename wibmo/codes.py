"""Every published response code: its name, where it is documented, what it means for the caller."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wibmo.errors import (
    AlreadySet,
    Ambiguous,
    CardState,
    Duplicate,
    Misconfigured,
    OutcomeUnknown,
    Transient,
    UnknownCode,
    UserInput,
    WibmoError,
    WrongDetails,
)
from wibmo.operations import Operation


class CodeClass(StrEnum):
    """What kind of refusal a code is."""

    WRONG_DETAILS = "wrong_details"
    AMBIGUOUS = "ambiguous"
    USER_INPUT = "user_input"
    CARD_STATE = "card_state"
    DUPLICATE = "duplicate"
    TRANSIENT = "transient"
    MISCONFIGURED = "misconfigured"
    UNKNOWN = "unknown"

    @property
    def advice(self) -> str:
        """What the caller should do, in one sentence."""
        return _ADVICE[self]


@dataclass(frozen=True)
class Code:
    """One row of the table; `operations` are those whose page lists the code."""

    code: str
    name: str
    operations: frozenset[Operation]
    code_class: CodeClass


SUCCESS = frozenset({"00", "0"})

_ADVICE = {
    CodeClass.WRONG_DETAILS: "count the attempt and give the one neutral text",
    CodeClass.AMBIGUOUS: "ask for another identifier or hand off; never list accounts",
    CodeClass.USER_INPUT: "ask again for that field",
    CodeClass.CARD_STATE: "explain the card's state and the next step",
    CodeClass.DUPLICATE: "do not send again; read the record back",
    CodeClass.TRANSIENT: "reads: try again with a new clientTxnId; writes: read back first",
    CodeClass.MISCONFIGURED: "alert the operator, apologise with a reference, never count against the user",
    CodeClass.UNKNOWN: "treat as no answer; never as success",
}

# Letters: V verifyCardholder, R retrieveCustRecord, U updateProfile. A dash: the four pages name the code
# nowhere, api.md b8 does. A date that is refused (1088) is ours, since callers hand in typed dates.
_ROWS = """
1001  VRU wrong_details CARD_NOT_FOUND
1009  -   card_state
1010  -   card_state
1011  -   card_state
1012  -   card_state
1030  V   misconfigured INVALID MESSAGE
1031  VR  misconfigured INVALID_BANK_ID
1032  VR  misconfigured INVALID CLIENT CHANNEL
1034  RU  user_input    INVALID_MOBILE_NUMBER
1045  -   transient
1049  V   misconfigured INVALID SECURE CODE
1050  U   misconfigured INVALID PRODUCT
1051  V   misconfigured CHECKSUM FAILURE
1052  VR  transient     SYSTEM_ERROR
1054  RU  duplicate     DUPLICATE_REQUEST
1055  VR  misconfigured MALFORMED_REQUEST
1056  R   misconfigured INVALID MESSAGE CODE
1058  V   misconfigured INVALID WALLETS
1067  -   card_state
1080  V   misconfigured IP_NOT_ALLOWED
1081  V   misconfigured OPERATION NOT ALLOWED
1084  V   wrong_details CARD_CUSTOMER_ID_MISMATCH
1085  V   misconfigured PRODUCT NOT ALLOWED
1088  VRU misconfigured INVALID REQUEST DATE format
1090  U   misconfigured CARD_PROFILEID_MANDATORY
1091  U   misconfigured INVALID_CARDPROFILE_ID
1092  RU  user_input    INVALID_EMAIL_ADDRESS
1093  VR  misconfigured INVALID_CLIENT_TXN_ID
1117  -   card_state
1118  -   card_state
1121  -   card_state
1131  -   card_state
1231  U   wrong_details DATA_NOT_FOUND
1237  RU  ambiguous     DUPLICATE_MOBILE_NUMBER_WITH_MULTIPLE_ACCOUNT
1238  U   misconfigured INVALID_VOTERID_NUMBER
1239  U   misconfigured INVALID_PASSPORT_NUMBER
1240  U   misconfigured INVALID_ADHAR_NUMBER
1241  U   misconfigured INVALID_DRIVING_LICENCE_NUMBER
1242  U   misconfigured INVALID_PAN_NUMBER
1245  U   misconfigured CUSTOMER_ID_CAN_NOT_BE_EMPTY
1248  R   misconfigured INVALID_JWT_TOKEN
1262  V   misconfigured CLIENT ID NOT PRESENT
1263  R   wrong_details CUSTOMER_ID_NOT_PRESENT
1264  VR  misconfigured BANK ID NOT PRESENT IN THE REQUEST
1275  R   wrong_details INVALID_CUSTOMER_ID
1290  U   misconfigured FIRSTNAME_CANNOT_BE_BLANK
1300  U   misconfigured DOC_TYPE_CANNOT_BE_BLANK
1302  VR  wrong_details INVALID_CUSTOMER
1303  VR  wrong_details CUSTOMER_DETAILS_NOT_PRESENT
1304  VRU misconfigured MORE THAN ONE CUSTOMER IDENTIFIER NOT ALLOWED
1305  U   misconfigured AML_NOT_CONFIGURED_FOR_PRODUCT
1306  U   wrong_details PROFILE_NOTFOUND
1307  R   ambiguous     DUPLICATE_EMAIL_ID_LINKED_WITH_MULTIPLE_ACCOUNTS
1309  U   misconfigured CARDPROFILE_MISTMATCH
1310  V   misconfigured XCONSUMERKEY NOT PRESENT
1311  V   misconfigured SECURE CODE NOT PRESENT
1320  VR  misconfigured REQUEST_DATETIME_IS_MANDATORY
1332  V   misconfigured URN_MOBILE_EMAIL_MISSING
1333  V   misconfigured LAST4DIGIT_EXPIRY_DOB_MISSING
1334  V   wrong_details WRONG_CUSTOMER_IDENTIFIER_NOT_ALLOWED
1335  V   wrong_details INVALID_LAST_4_DIGIT
1336  V   ambiguous     CUSTOMER_WITH_MULTIPLE_ACCOUNT
1343  -   card_state
1356  -   card_state
1366  -   misconfigured
1367  -   misconfigured
1500  R   transient     SYSTEM_ERROR_UNKNOWN
1501  R   transient     SYSTEM_ERROR_DB
1503  R   transient     SYSTEM_ERROR_CACHE
1510  R   transient     SYSTEM_ERROR_DROP_REQ
1511  R   misconfigured ORIGINAL_REQUEST_MISSING
5000  R   duplicate     DUPLICATE REQUEST
8007  U   user_input    EXISTING CARDHOLDER PROFILE MATCHES WITH NEW CARDHOLDER PROFILE
77101 U   misconfigured INVALID DATA TYPE FOR FIELD MESSAGECODE
85114 U   misconfigured INVALID DATA TYPE FOR FIELD URN
"""

_LETTERS = {"V": Operation.VERIFY, "R": Operation.RETRIEVE, "U": Operation.UPDATE}


def _parse(row: str) -> Code:
    code, letters, kind, *name = row.split(maxsplit=3)
    operations = frozenset(_LETTERS[letter] for letter in letters if letter != "-")
    return Code(code, name[0] if name else "", operations, CodeClass(kind))


CODES: dict[str, Code] = {row.code: row for row in map(_parse, _ROWS.strip().splitlines())}


def is_success(code: str) -> bool:
    """Whether this is one of the platform's ways to say yes."""
    return code in SUCCESS


def class_of(code: str) -> CodeClass:
    """The class of a code that is not success; whatever is not in the table is UNKNOWN."""
    row = CODES.get(code)
    return row.code_class if row else CodeClass.UNKNOWN


def is_retryable(operation: Operation, code: str) -> bool:
    """Whether the same question may be asked again, under a new clientTxnId."""
    return operation.is_read and class_of(code) in (CodeClass.TRANSIENT, CodeClass.DUPLICATE)


def error_for(operation: Operation, code: str, request_id: str | None) -> WibmoError:
    """The error that a refusal with this code is, for this operation."""
    kind = class_of(code)
    if code == "8007":
        leaf: type[WibmoError] = AlreadySet
    elif operation.is_read:
        leaf = _READ_ERRORS[kind]
    else:
        leaf = _WRITE_ERRORS.get(kind, _READ_ERRORS[kind])
    return leaf(kind.value, code=code, request_id=request_id)


_READ_ERRORS: dict[CodeClass, type[WibmoError]] = {
    CodeClass.WRONG_DETAILS: WrongDetails,
    CodeClass.AMBIGUOUS: Ambiguous,
    CodeClass.USER_INPUT: UserInput,
    CodeClass.CARD_STATE: CardState,
    CodeClass.DUPLICATE: Transient,
    CodeClass.TRANSIENT: Transient,
    CodeClass.MISCONFIGURED: Misconfigured,
    CodeClass.UNKNOWN: UnknownCode,
}
_WRITE_ERRORS: dict[CodeClass, type[WibmoError]] = {
    CodeClass.DUPLICATE: Duplicate,
    CodeClass.TRANSIENT: OutcomeUnknown,
    CodeClass.UNKNOWN: OutcomeUnknown,
}
