"""Dialects: presets, changes in words, and what is refused."""

from __future__ import annotations

from datetime import date

import pytest

from wibmo import PRESETS, Dialect, DialectError, Operation, dialect_from
from wibmo.dialects import DATE_FORMATS, write_date
from wibmo.fields import parse_date


def test_the_default_speaks_the_newest_known_paths() -> None:
    dialect = dialect_from("v3")

    assert dialect.route(Operation.RETRIEVE) == ("POST", "/api/onboarding/v3/retrieveCustRecord")
    assert dialect.route(Operation.UPDATE) == ("PATCH", "/api/onboarding/v3/updateprofile")
    assert dialect.route(Operation.VERIFY) == ("POST", "/api/onboarding/v1/verifyCardholder")
    assert dialect == PRESETS["v3"]


def test_changes_are_written_after_the_name() -> None:
    dialect = dialect_from(
        "v3; ids=body; codec=ecb; email_field=emailId; txn_length=10; update_vectors=yes;"
        " rupee_fields=available_balance,availBal; path.verify=post /x/Verify"
    )

    assert dialect.ids_in_body == frozenset(Operation)
    assert (dialect.codec, dialect.email_field, dialect.txn_length) == ("ecb", "emailId", 10)
    assert dialect.update_vectors is True
    assert dialect.rupee_fields == {"available_balance", "availBal"}
    assert dialect.route(Operation.VERIFY) == ("POST", "/x/Verify")


def test_ids_can_go_into_the_body_of_single_calls() -> None:
    assert dialect_from("v3; ids=retrieve").ids_in_body == {Operation.RETRIEVE}


@pytest.mark.parametrize(
    "text",
    [
        "v9", "v3; codec=des", "v3; nothing", "v3; name=x", "v3; txn_length=7", "v3; txn_length=ten", "v3; paths=/x",
        "v3; verify_date=MM/dd/yy", "v3; path.pay=POST /x", "v3; path.verify=/x", "v3; update_vectors=maybe",
        "v3; ids=cookies", "v3; mobile_field=customerMobile", "v3; envelope=paper",
    ],
)  # fmt: skip
def test_what_cannot_be_spoken_is_refused(text: str) -> None:
    with pytest.raises(DialectError, match="dialect"):
        dialect_from(text)


def test_a_dialect_made_by_hand_is_taken_as_it_is() -> None:
    own = Dialect("own", prefix="/bank")

    assert dialect_from(own) is own


@pytest.mark.parametrize("form", DATE_FORMATS)
def test_dates_that_are_written_can_be_read(form: str) -> None:
    assert parse_date(write_date(date(1993, 7, 1), form)) == date(1993, 7, 1)


def test_presets_hold_no_host() -> None:
    assert all("." not in preset.prefix and "//" not in preset.prefix for preset in PRESETS.values())
