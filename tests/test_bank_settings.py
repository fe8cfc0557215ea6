"""The settings of the bank: the whole language of dialects, time-outs that fit the journal, bad ones named and not shown."""

from __future__ import annotations

import pytest

from actions.guard.journal import LEASE
from actions.services import client_config
from actions.settings import Settings, SettingsError
from wibmo import Operation


def settings(**given: str) -> Settings:
    return Settings.from_env({f"CARDBOT_{name.upper()}": value for name, value in given.items()})


def test_every_path_field_and_format_can_be_set() -> None:
    text = "v1; ids=body; codec=ecb; email_field=emailId; txn_length=10; verify_date=yyyyMMdd; path.verify=POST /x/verifyCardholder"

    dialect = client_config(settings(wibmo_dialect=text)).speaks

    assert dialect.route(Operation.VERIFY) == ("POST", "/mob1/x/verifyCardholder")
    assert (dialect.codec, dialect.email_field, dialect.txn_length, dialect.verify_date) == ("ecb", "emailId", 10, "yyyyMMdd")
    assert dialect.ids_in_body == frozenset(Operation)


@pytest.mark.parametrize(
    ("dialect", "why"),
    [
        ("planted", "unknown preset"), ("v3; codec=planted", "codec must be one of"), ("v3; planted", "looks like name=value"),
        ("v3; planted=1", "unknown or unusable change"), ("v3; path.verify=planted", "a path looks like"),
        ("v3; ids=planted", "ids must be"), ("v3; mobile_field=customerMobile", "identifier"),
    ],
)  # fmt: skip
def test_a_bad_dialect_stops_the_start_with_its_name_and_reason(dialect: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why) as caught:
        settings(wibmo_dialect=dialect)

    assert str(caught.value).startswith("CARDBOT_WIBMO_DIALECT cannot be used")
    assert "planted" not in str(caught.value)


@pytest.mark.parametrize("key", ["c2hvcnQ=", "00" * 16, "not a key"])
def test_a_key_of_the_wrong_length_stops_the_start_with_its_name(key: str) -> None:
    with pytest.raises(SettingsError, match="CARDBOT_WIBMO_KEY cannot be used: expected 24 bytes") as caught:
        settings(wibmo_key=key)

    assert key not in str(caught.value)


def test_a_call_ends_before_the_journal_takes_its_sender_for_gone() -> None:
    standard = settings()

    assert standard.wibmo_connect_timeout + standard.wibmo_read_timeout < LEASE
    with pytest.raises(SettingsError, match="CARDBOT_WIBMO_READ_TIMEOUT"):
        settings(wibmo_read_timeout="27")
