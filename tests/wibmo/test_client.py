"""The client against the sandbox: real HTTP, real encryption, every trouble on demand."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from wibmo import (
    CODES,
    Address,
    AlreadySet,
    Ambiguous,
    BadAnswer,
    BankUnavailable,
    CardClient,
    CardState,
    CardStatus,
    Duplicate,
    Misconfigured,
    Name,
    NotSent,
    OutcomeUnknown,
    Refused,
    Transient,
    UnknownCode,
    UserInput,
    WibmoError,
    WrongDetails,
)
from wibmo.codes import class_of, error_for
from wibmo.operations import Operation
from wibmo.sandbox import Sandbox
from wibmo.sandbox.style import PAGES

from .conftest import ASHA, ASHA_URN, Time, counting_bytes

Connect = Callable[..., CardClient]

DIALECTS = [
    "v3", "v3-sandbox", "v3-page", "v1", "v1-page", "v2-page", "v3; codec=ecb", "v3; codec=fixed-iv", "v3; codec=vendor",
    "v3; ids=body", "v3; ids=body; envelope=clear", "v3; envelope=result", "v3; envelope=encdata", "v3; envelope=clear",
    "v3; email_field=emailId; mobile_field=mobileNumber", "v3; update_date=yyyyMMdd; verify_date=yyyyMMdd",
    "v3; txn_length=20", "v3; update_vectors=yes; address_style=table", "v3; verify_mobile_field=cardholderMobile",
]  # fmt: skip
# What comes of a write's trouble: its error, and whether the ledger has the change.
WRITE_TROUBLES: list[tuple[str | int, type[WibmoError], bool]] = [
    ("drop_after_apply", OutcomeUnknown, True), ("drop_before_apply", OutcomeUnknown, False),
    ("hang=5", OutcomeUnknown, False), ("truncated", OutcomeUnknown, True), ("wrong_key", BadAnswer, True),
    ("html", BadAnswer, True), ("garbage", BadAnswer, True), ("wrong_message_code", BadAnswer, True),
    ("foreign_txn", BadAnswer, True), ("clear", BadAnswer, True), (401, Misconfigured, False),
    (403, Misconfigured, False), (404, Misconfigured, False), (429, OutcomeUnknown, False),
    (500, OutcomeUnknown, False), (503, OutcomeUnknown, False), ("code=1052", OutcomeUnknown, False),
    ("code=4242", OutcomeUnknown, False), ("code=1054", Duplicate, False), ("code=5000", Duplicate, False),
    ("code=1092", UserInput, False), ("code=1049", Misconfigured, False), ("code=8007", AlreadySet, False),
]  # fmt: skip
READ_TROUBLES: list[tuple[str | int, type[WibmoError]]] = [
    ("hang=5", OutcomeUnknown), ("drop_before_apply", OutcomeUnknown), ("truncated", OutcomeUnknown),
    ("wrong_key", BadAnswer), ("html", BadAnswer), ("garbage", BadAnswer), ("wrong_message_code", BadAnswer),
    ("foreign_txn", BadAnswer), ("other_customer", BadAnswer), (401, Misconfigured), (404, Misconfigured),
    (429, Transient), (500, OutcomeUnknown), (503, OutcomeUnknown), ("code=1052", Transient),
    ("code=1510", Transient), ("code=4242", UnknownCode), ("code=1032", Misconfigured),
]  # fmt: skip


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_verifies_reads_changes_and_reads_back(
    dialect: str, time: Time, connect: Connect
) -> None:
    with Sandbox(dialect=dialect, clock=time) as bank:
        client = connect(bank)

        urn = client.verify_cardholder(**ASHA).urn
        record = client.retrieve_customer(urn=urn)
        client.update_profile(urn=urn, customer=record, email="new@example.com")
        client.update_profile(urn=urn, customer=record, mobile="9000000099")
        client.update_profile(
            urn=urn, customer=record, address=Address("1 Lake Road", "Kochi", "Kerala", "682001")
        )

        after = client.retrieve_customer(customer_id=record.customer_id)
        assert (after.email, after.mobile) == ("new@example.com", "919000000099")
        assert [entry.field for entry in bank.ledger.history][:2] == ["email", "mobile"]


@pytest.mark.parametrize("page", PAGES)
def test_every_pages_way_to_write_a_record_is_the_same_record(
    page: str, time: Time, connect: Connect
) -> None:
    with Sandbox(style=PAGES[page], clock=time) as bank:
        record = connect(bank).retrieve_customer(urn=ASHA_URN)

    (card,) = record.cards
    assert (record.first_name, record.date_of_birth, record.kyc.name) == (
        "Asha",
        ASHA["date_of_birth"],
        "FULL",
    )
    assert (card.available_paise, card.status) == (1_02_345_50, CardStatus.ACTIVE)
    assert [(each.name, each.available_paise, each.is_default) for each in card.wallets] == [
        ("GPR Wallet", 1_00_000_00, True),
        ("Meal Wallet", 2_345_50, False),
    ]


def test_a_cardholder_is_found_by_contact(client: CardClient) -> None:
    found = client.verify_cardholder_by_contact(
        urn=ASHA_URN, mobile="9000000001", email="asha.menon@example.com"
    )

    assert (found.urn, found.last_four) == (ASHA_URN, "8305")
    with pytest.raises(WrongDetails):
        client.verify_cardholder_by_contact(urn=ASHA_URN, mobile="9000000002", email="asha.menon@example.com")


@pytest.mark.parametrize(
    "by", [{"mobile": "9000000001"}, {"email": "asha.menon@example.com"}, {"urn": ASHA_URN}]
)
def test_a_record_is_found_by_each_identifier(client: CardClient, by: dict[str, str]) -> None:
    assert client.retrieve_customer(**by).first_name == "Asha"


@pytest.mark.parametrize(
    "wrong",
    [{"last_four": "8306"}, {"expiry": "0927"}, {"date_of_birth": ASHA["date_of_birth"].replace(year=1994)}],
)  # type: ignore[attr-defined]
def test_whichever_detail_is_wrong_it_is_wrong_details_and_asked_once(
    bank: Sandbox, client: CardClient, wrong: dict[str, Any]
) -> None:
    with pytest.raises(WrongDetails):
        client.verify_cardholder(**{**ASHA, **wrong})

    assert len(bank.calls) == 1


def test_namesakes_are_ambiguous_and_that_is_a_kind_of_wrong_details(
    bank: Sandbox, client: CardClient
) -> None:
    twin = bank.person("twin")

    with pytest.raises(Ambiguous) as caught:
        client.verify_cardholder(
            last_four=twin.last_four, expiry=twin.expiry, date_of_birth=twin.date_of_birth
        )

    assert isinstance(caught.value, WrongDetails)
    assert caught.value.code == "1336"


@pytest.mark.parametrize("code", [*CODES, "4242"])
def test_every_code_can_be_met_on_a_named_urn(client: CardClient, time: Time, code: str) -> None:
    expected = type(error_for(Operation.RETRIEVE, code, None))

    with pytest.raises(expected) as caught:
        client.retrieve_customer(urn=f"90000{code:0>6}")

    assert caught.value.code == code
    assert bool(time.slept) is (class_of(code).value in ("transient", "duplicate"))


def test_a_code_can_be_met_at_verification_too(client: CardClient) -> None:
    born = ASHA["date_of_birth"].replace(year=1900, month=1, day=1)  # type: ignore[attr-defined]

    with pytest.raises(CardState):
        client.verify_cardholder(last_four="1009", expiry="0130", date_of_birth=born)


@pytest.mark.parametrize(("trouble", "expected", "applied"), WRITE_TROUBLES)
def test_a_troubled_write_is_sent_once_and_never_called_done(
    bank: Sandbox, connect: Connect, trouble: str | int, expected: type[WibmoError], applied: bool
) -> None:
    client = connect(bank, read_timeout=0.4 if str(trouble).startswith("hang") else 5.0)
    record = client.retrieve_customer(urn=ASHA_URN)
    bank.fault("update", trouble)

    with pytest.raises(expected):
        client.update_profile(urn=ASHA_URN, customer=record, email="new@example.com")

    assert len([call for call in bank.calls if call.operation == "update"]) == 1
    assert [entry.new for entry in bank.ledger.history] == (["new@example.com"] if applied else [])


@pytest.mark.parametrize(("trouble", "expected"), READ_TROUBLES)
@pytest.mark.parametrize("operation", ["verify", "retrieve"])
def test_a_lasting_trouble_of_a_read_is_a_bank_that_is_away(
    bank: Sandbox, connect: Connect, operation: str, trouble: str | int, expected: type[WibmoError]
) -> None:
    client = connect(bank, read_timeout=0.2 if str(trouble).startswith("hang") else 5.0)
    bank.fault(operation, trouble, times=None)

    with pytest.raises(expected) as caught:
        ask(client, operation)

    assert isinstance(caught.value, BankUnavailable)
    assert not isinstance(caught.value, Refused)
    assert caught.value.request_id


@pytest.mark.parametrize(
    "trouble", [trouble for trouble, error in READ_TROUBLES if error not in (Misconfigured, UnknownCode)]
)
def test_a_passing_trouble_of_a_read_is_not_noticed(
    bank: Sandbox, connect: Connect, time: Time, trouble: str | int
) -> None:
    client = connect(bank, read_timeout=0.2 if str(trouble).startswith("hang") else 5.0)
    bank.fault("retrieve", trouble)

    assert client.retrieve_customer(urn=ASHA_URN).first_name == "Asha"

    assert len({call.txn_id for call in bank.calls}) == len(bank.calls) == 2
    assert len(time.slept) == 1


def test_a_bank_that_does_not_listen_was_sent_nothing(bank: Sandbox, client: CardClient, time: Time) -> None:
    record = client.retrieve_customer(urn=ASHA_URN)
    bank.stop()

    with pytest.raises(NotSent):
        client.retrieve_customer(urn=ASHA_URN)
    with pytest.raises(NotSent):
        client.update_profile(urn=ASHA_URN, customer=record, email="new@example.com")

    assert len(time.slept) == 2


def test_a_bank_that_comes_back_is_spoken_to_again(bank: Sandbox, client: CardClient) -> None:
    client.retrieve_customer(urn=ASHA_URN)
    bank.stop()
    bank.start()

    assert client.retrieve_customer(urn=ASHA_URN).first_name == "Asha"


def test_retries_end_before_the_deadline(bank: Sandbox, time: Time) -> None:
    config = bank.config(deadline=0.25, attempts=50)
    bank.fault("retrieve", 503, times=None)

    with CardClient(config, clock=time, monotonic=time, sleep=time.sleep) as client, pytest.raises(OutcomeUnknown):
        client.retrieve_customer(urn=ASHA_URN)

    assert sum(time.slept) < 0.25
    assert len(bank.calls) <= 3


def test_after_failures_in_a_row_reads_fail_at_once_and_writes_still_go_out(
    bank: Sandbox, connect: Connect, time: Time
) -> None:
    client = CardClient(bank.config(attempts=1), clock=time, monotonic=time, sleep=time.sleep)
    record = client.retrieve_customer(urn=ASHA_URN)
    bank.fault("retrieve", 503, times=5)
    for _ in range(5):
        with pytest.raises(OutcomeUnknown):
            client.retrieve_customer(urn=ASHA_URN)

    with pytest.raises(NotSent, match="circuit open"):
        client.retrieve_customer(urn=ASHA_URN)
    client.update_profile(urn=ASHA_URN, customer=record, email="new@example.com")

    assert client.retrieve_customer(urn=ASHA_URN).email == "new@example.com"
    client.close()


def test_one_record_that_cannot_be_read_keeps_nobody_else_away(bank: Sandbox, connect: Connect) -> None:
    client = connect(bank, attempts=1)
    for _ in range(8):
        with pytest.raises(BadAnswer):
            client.retrieve_customer(urn=bank.person("garbled").urn)

    assert client.retrieve_customer(urn=ASHA_URN).first_name == "Asha"


def test_the_very_same_bytes_can_be_sent_again_and_are_known_as_such(
    bank: Sandbox, client: CardClient
) -> None:
    request = client.build_update(
        urn=ASHA_URN, customer=client.retrieve_customer(urn=ASHA_URN), email="new@example.com"
    )
    bank.fault("update", "drop_after_apply")

    with pytest.raises(OutcomeUnknown):
        client.send_update(request)
    with pytest.raises(Duplicate):
        client.send_update(request.plaintext)

    first, second = (call.fields for call in bank.calls if call.operation == "update")
    assert first == second
    assert len(bank.ledger.history) == 1


def test_bytes_that_were_lost_before_they_took_effect_can_be_sent_again(
    bank: Sandbox, client: CardClient
) -> None:
    request = client.build_update(
        urn=ASHA_URN, customer=client.retrieve_customer(urn=ASHA_URN), email="new@example.com"
    )
    bank.fault("update", "drop_before_apply")
    with pytest.raises(OutcomeUnknown):
        client.send_update(request)

    outcome = client.send_update(request.plaintext)

    assert outcome.txn_id == request.txn_id
    assert len(bank.ledger.history) == 1


def test_a_late_write_takes_effect_when_its_time_has_come(
    bank: Sandbox, client: CardClient, time: Time
) -> None:
    record = client.retrieve_customer(urn=ASHA_URN)
    bank.fault("update", "apply_later=20")
    with pytest.raises(OutcomeUnknown):
        client.update_profile(urn=ASHA_URN, customer=record, email="new@example.com")

    time.now += 19
    assert client.retrieve_customer(urn=ASHA_URN).email == record.email
    time.now += 1
    assert client.retrieve_customer(urn=ASHA_URN).email == "new@example.com"


@pytest.mark.parametrize(
    ("change", "expected", "code"),
    [
        ({"email": "asha.menon@example.com"}, AlreadySet, "8007"), ({"email": "a!b@example.com"}, UserInput, "1092"),
        ({"mobile": "1234567890"}, UserInput, "1034"), ({"mobile": "9000000002"}, Ambiguous, "1237"),
        ({"name": Name("Asha", "Menon")}, AlreadySet, "8007"),
    ],
)  # fmt: skip
def test_a_change_that_the_bank_refuses_says_why(
    bank: Sandbox, client: CardClient, change: dict[str, Any], expected: type[WibmoError], code: str
) -> None:
    record = client.retrieve_customer(urn=ASHA_URN)

    with pytest.raises(expected) as caught:
        client.update_profile(urn=ASHA_URN, customer=record, **change)

    assert caught.value.code == code
    assert bank.ledger.history == ()


def test_a_stale_profile_is_the_operators_trouble(client: CardClient) -> None:
    record = replace(client.retrieve_customer(urn=ASHA_URN), profile_id="30")

    with pytest.raises(Misconfigured) as caught:
        client.update_profile(urn=ASHA_URN, customer=record, email="new@example.com")

    assert caught.value.code == "1309"


def test_a_code_by_sms_is_sent_once_and_right_once(bank: Sandbox, client: CardClient) -> None:
    client.send_otp(mobile="9000000001")

    with pytest.raises(WrongDetails):
        client.verify_otp(mobile="9000000001", code="000000")
    client.verify_otp(mobile="9000000001", code="246810")
    with pytest.raises(WrongDetails):
        client.verify_otp(mobile="9000000001", code="246810")


def test_a_code_goes_to_a_strangers_number_only_on_request(client: CardClient) -> None:
    with pytest.raises(WrongDetails):
        client.send_otp(mobile="9123456780")
    client.send_otp(mobile="9123456780", new_number=True)
    client.verify_otp(mobile="9123456780", code="246810", new_number=True)


def test_codes_run_out_of_tries_and_of_time(bank: Sandbox, client: CardClient, time: Time) -> None:
    client.send_otp(mobile="9000000001")
    for guess in ("1", "2", "3", "246810"):
        with pytest.raises(WrongDetails):
            client.verify_otp(mobile="9000000001", code=guess)
    client.send_otp(mobile="9000000001", again=True)
    time.now += 601
    with pytest.raises(WrongDetails):
        client.verify_otp(mobile="9000000001", code="246810")


def test_an_sms_whose_answer_is_lost_is_not_sent_again(bank: Sandbox, client: CardClient) -> None:
    bank.fault("send_otp", "drop_after_apply")

    with pytest.raises(OutcomeUnknown):
        client.send_otp(mobile="9000000001")

    assert len(bank.calls) == 1


def test_logs_name_causes_and_no_values(
    bank: Sandbox, client: CardClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    record = client.retrieve_customer(urn=client.verify_cardholder(**ASHA).urn)
    for trouble in ("drop_after_apply", "wrong_key", 500, "code=1092"):
        bank.fault("update", trouble)
        with pytest.raises(WibmoError):
            client.update_profile(urn=ASHA_URN, customer=record, email="planted@example.com")

    for value in (
        "8305",
        "0827",
        "1993",
        "planted",
        ASHA_URN,
        "9000000001",
        record.customer_id,
        "Asha",
        "sandbox-api-key",
    ):
        assert value not in caplog.text
    assert "update OutcomeUnknown no answer: ConnectionError request=" in caplog.text


def test_ids_and_jitter_come_from_the_given_randomness(bank: Sandbox, time: Time) -> None:
    with CardClient(bank.config(), clock=time, sleep=time.sleep, random_bytes=counting_bytes()) as client:
        client.retrieve_customer(urn=ASHA_URN)

    assert bank.calls[0].txn_id.startswith("AAAA")


def test_a_client_shows_where_it_goes_and_no_secret(bank: Sandbox, client: CardClient) -> None:
    assert repr(client) == f"CardClient({bank.url!r}, 'v3')"


def ask(client: CardClient, operation: str) -> object:
    if operation == "verify":
        return client.verify_cardholder(**ASHA)
    return client.retrieve_customer(urn=ASHA_URN)
