"""The sandbox's strictness, its doors, and how it starts and stops; spoken to without our client."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from wibmo import CardClient, ClientConfig
from wibmo.dialects import dialect_from
from wibmo.operations import Operation
from wibmo.sandbox import Sandbox
from wibmo.sandbox.__main__ import main
from wibmo.sandbox.credentials import Credentials
from wibmo.tokens import LocalCodec

from ..conftest import ASHA_URN, Time

HEADERS = {
    "x-api-key": "sandbox-api-key", "clientId": "SANDBOX", "bankId": "1111", "entityId": "100",
    "secureCode": "sandbox-secure-code", "X-Consumer-Custom-ID": "sandbox", "content-type": "application/json",
}  # fmt: skip
CODEC = LocalCodec(b"cardbot-sandbox-24-bytes")
STAMP = {"clientTxnId": "TXN00000000001", "requestDateTime": "20261122120000"}
VERIFY = {"messageCode": 3020, **STAMP, "last4Digits": "8305", "cardExpiry": "0827", "dob": "11-07-1993"}
RETRIEVE = {"messageCode": 1930, **STAMP, "urn": ASHA_URN}
UPDATE = {
    "messageCode": 1280, **STAMP, "productId": "9", "urn": ASHA_URN, "cardProfileId": "150", "firstName": "Asha",
    "dateOfBirth": "11-07-1993", "email": "new@example.com",
}  # fmt: skip
Speak = Callable[..., tuple[int, dict[str, Any]]]


def request(bank: Sandbox, verb: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(bank.url.removeprefix("http://"), timeout=5)
    try:
        connection.request(verb, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def say(
    bank: Sandbox, operation: str, message: dict[str, Any], headers: dict[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    verb, path = dialect_from("v3").route(Operation(operation))
    body = json.dumps({"token": CODEC.encode(json.dumps(message).encode())}).encode()
    status, answer = request(bank, verb, path, HEADERS if headers is None else headers, body)
    outer = json.loads(answer)
    return status, json.loads(CODEC.decode(outer["token"])) if "token" in outer else outer


def code(
    bank: Sandbox, operation: str, message: dict[str, Any], headers: dict[str, str] | None = None
) -> str:
    return str(say(bank, operation, message, headers)[1].get("responseCode"))


def test_a_plain_answer_echoes_and_says_whose_card_it_is(bank: Sandbox) -> None:
    status, answer = say(bank, "verify", VERIFY)

    assert status == 200
    assert (answer["responseCode"], answer["messageCode"], answer["clientTxnId"]) == (
        "00",
        3021,
        "TXN00000000001",
    )
    assert (answer["urn"], answer["last4Digits"]) == (int(ASHA_URN), "8305")
    assert "firstName" not in answer


@pytest.mark.parametrize(
    ("operation", "change", "expected"),
    [
        ("verify", {"messageCode": 3021}, "1030"), ("retrieve", {"messageCode": 3020}, "1056"),
        ("update", {"messageCode": "x"}, "77101"), ("retrieve", {"clientTxnId": "A" * 15}, "1093"),
        ("retrieve", {"clientTxnId": None}, "1093"), ("retrieve", {"requestDateTime": None}, "1320"),
        ("retrieve", {"requestDateTime": "2026-11-22"}, "1088"), ("retrieve", {"requestDateTime": "20261322120000"}, "1088"),
        ("verify", {"dob": "1993-07-11"}, "1088"), ("verify", {"dob": ""}, "1333"), ("verify", {"urn": ASHA_URN}, "1332"),
        ("verify", {"last4Digits": "830"}, "1335"), ("verify", {"last4Digits": "8306"}, "1001"),
        ("verify", {"cardExpiry": "0828"}, "1302"), ("verify", {"cardExpiry": "1327"}, "1088"),
        ("verify", {"pin": "1"}, "1055"), ("retrieve", {"emailId": "a@example.com"}, "1304"),
        ("retrieve", {"urn": "70009999999"}, "1001"), ("update", {"customerId": "SBX000000001"}, "1304"),
        ("update", {"productId": "8"}, "1050"), ("update", {"cardProfileId": ""}, "1090"),
        ("update", {"cardProfileId": "7"}, "1091"), ("update", {"cardProfileId": "30"}, "1309"),
        ("update", {"urn": "abc"}, "85114"), ("update", {"urn": "70009999999"}, "1306"),
        ("update", {"firstName": " "}, "1290"), ("update", {"dateOfBirth": "19930711"}, "1088"),
        ("update", {"email": "asha.menon@example.com"}, "8007"), ("update", {"email": "nobody"}, "1092"),
        ("update", {"newcardprofileId": "150"}, "1055"), ("update", {"docList": []}, "1055"),
        ("update", {"mobile": "919000000002"}, "1237"), ("update", {"mobile": "12"}, "1034"),
    ],
)  # fmt: skip
def test_it_refuses_what_the_pages_forbid(
    bank: Sandbox, operation: str, change: dict[str, Any], expected: str
) -> None:
    message = {"verify": VERIFY, "retrieve": RETRIEVE, "update": UPDATE}[operation]

    assert code(bank, operation, {**message, **change}) == expected
    assert bank.ledger.history == ()


@pytest.mark.parametrize(
    ("name", "missing", "wrong"),
    [("clientId", "1262", "1032"), ("bankId", "1264", "1031"), ("secureCode", "1311", "1049"),
     ("X-Consumer-Custom-ID", "1310", "1032")],
)  # fmt: skip
def test_each_id_is_required_and_compared(bank: Sandbox, name: str, missing: str, wrong: str) -> None:
    rest = {each: value for each, value in HEADERS.items() if each != name}

    assert code(bank, "retrieve", RETRIEVE, rest) == missing
    assert code(bank, "retrieve", RETRIEVE, {**HEADERS, name: "other"}) == wrong


def test_the_gateway_turns_strangers_away(bank: Sandbox) -> None:
    assert say(bank, "retrieve", RETRIEVE, {**HEADERS, "x-api-key": "guess"})[0] == 401
    assert bank.calls == []


def test_a_request_id_counts_once(bank: Sandbox) -> None:
    assert code(bank, "update", UPDATE) == "00"
    assert code(bank, "update", UPDATE) == "1054"
    assert len(bank.ledger.history) == 1


def test_unknown_paths_verbs_and_tokens_are_refused(bank: Sandbox) -> None:
    path = "/api/onboarding/v3/retrieveCustRecord"

    assert request(bank, "POST", "/api/onboarding/v3/retrievecustrecord", HEADERS, b"{}")[0] == 404
    assert request(bank, "PATCH", path, HEADERS, b"{}")[0] == 404
    for body in (b"", b"{", b"[]", b'{"token": "AAAA"}', b'{"token": 1}', b'{"token": "", "x": 1}'):
        status, answer = request(bank, "POST", path, HEADERS, body)
        assert (status, json.loads(answer)["responseCode"], json.loads(answer)["messageCode"]) == (
            200,
            "1055",
            0,
        )


def test_a_request_that_is_too_large_is_not_read(bank: Sandbox) -> None:
    assert request(bank, "POST", "/x", {**HEADERS, "Content-Length": "70000"}, b"")[0] == 413


def test_it_remembers_what_it_saw(bank: Sandbox) -> None:
    say(bank, "update", UPDATE)
    (call,) = bank.calls

    assert (call.operation, call.code, call.applied, call.status) == ("update", "00", True, 200)
    assert call.fields["email"] == "new@example.com"
    assert bank.ledger.customer(ASHA_URN).email == "new@example.com"
    (entry,) = bank.ledger.history
    assert (entry.old, entry.new, entry.txn_id) == (
        "asha.menon@example.com",
        "new@example.com",
        "TXN00000000001",
    )


def test_a_fault_can_be_asked_for_in_a_header(bank: Sandbox) -> None:
    assert say(bank, "retrieve", RETRIEVE, {**HEADERS, "X-Sandbox-Fault": "status=503"})[0] == 503
    assert say(bank, "retrieve", RETRIEVE, {**HEADERS, "X-Sandbox-Fault": "fire"})[0] == 422
    assert code(bank, "retrieve", RETRIEVE) == "00"


def test_a_fault_can_be_for_one_person_and_lift_again(bank: Sandbox) -> None:
    bank.fault("retrieve", 503, times=None, urn="70000000002")

    assert code(bank, "retrieve", RETRIEVE) == "00"
    assert say(bank, "retrieve", {**RETRIEVE, "urn": "70000000002"})[0] == 503
    bank.clear_faults()
    assert code(bank, "retrieve", {**RETRIEVE, "urn": "70000000002", "clientTxnId": "TXN00000000002"}) == "00"


@pytest.mark.parametrize("key", ["lost-answer", "lost-request", "late", "silent", "garbled"])
def test_some_people_bring_their_own_trouble(bank: Sandbox, key: str) -> None:
    assert bank.person(key).faults


def test_faults_and_people_have_a_door_of_their_own(bank: Sandbox) -> None:
    ours = {"X-Sandbox": "1"}
    wanted = json.dumps({"operation": "retrieve", "kind": "status=500"}).encode()

    assert request(bank, "POST", "/_sandbox/faults", {}, wanted)[0] == 403
    assert request(bank, "POST", "/_sandbox/faults", ours, wanted)[0] == 204
    assert say(bank, "retrieve", RETRIEVE)[0] == 500
    assert (
        request(bank, "POST", "/_sandbox/faults", ours, b'{"operation": "retrieve", "kind": "fire"}')[0]
        == 422
    )
    assert request(bank, "DELETE", "/_sandbox/faults", ours, b"")[0] == 204
    people = json.loads(request(bank, "GET", "/_sandbox/people", ours, b"")[1])
    assert people[0]["last_four"] == "8305"
    calls = json.loads(request(bank, "GET", "/_sandbox/calls", ours, b"")[1])
    assert [(call["operation"], call["status"]) for call in calls] == [("retrieve", 500)]
    assert "fields" not in calls[0]


def test_a_person_can_be_added(bank: Sandbox) -> None:
    person = bank.add_person(
        {"key": "new", "name": ["Nila", "Raj"], "date_of_birth": "1980-05-17", "mobile": "919000000077",
         "email": "nila@example.com", "cards": [{"urn": "70000000077", "last_four": "4711", "expires": "+2m",
         "wallets": {"GPR Wallet": "77.07"}}]}
    )  # fmt: skip

    sent = {**VERIFY, "last4Digits": "4711", "cardExpiry": person.expiry, "dob": "17-05-1980"}
    assert code(bank, "verify", sent) == "00"


def test_an_unknown_fault_or_scenario_is_refused(bank: Sandbox, time: Time) -> None:
    with pytest.raises(ValueError, match="unknown fault"):
        bank.fault("verify", "fire")
    with pytest.raises(ValueError):
        bank.fault("pay", "hang")
    with pytest.raises(ValueError, match="unknown scenario"):
        Sandbox(scenario="sunny")


def test_a_scenario_is_on_from_the_start(time: Time) -> None:
    with Sandbox(scenario="down", clock=time) as bank:
        assert say(bank, "retrieve", RETRIEVE)[0] == 503
        assert say(bank, "verify", VERIFY)[0] == 503


def test_the_program_says_where_it_listens_and_stops_on_sigterm() -> None:
    with start("--port", "0", "--people") as program:
        assert program.stdout is not None
        assert program.stderr is not None
        first, second = program.stdout.readline(), program.stdout.readline()

        program.send_signal(signal.SIGTERM)
        rest, errors = program.stdout.read(), program.stderr.read()

    assert first.startswith("sandbox: listening on http://127.0.0.1:")
    assert "8305" in second
    assert rest.count("sandbox:") > 12
    assert (program.returncode, errors) == (0, "")


def test_the_program_says_which_port_is_taken(bank: Sandbox) -> None:
    port = bank.url.rsplit(":", 1)[1]

    with start("--port", port) as program:
        _, errors = program.communicate(timeout=10)

    assert program.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("wanted", ["asha=12", "nobody=919812345678", "asha"])
def test_the_program_refuses_a_number_or_a_person_that_is_none(wanted: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", "0", "--mobile", wanted]) == 2

    assert "--mobile wants KEY=91 and ten digits" in capsys.readouterr().err


def test_the_program_registers_a_number_of_ones_own_and_prints_what_is_texted_to_it() -> None:
    with start("--port", "0", "--mobile", "asha=919812345678") as process:
        assert process.stdout is not None
        url = re.findall(r"http\S+", process.stdout.readline())[0]
        process.stdout.readline()
        with CardClient(ClientConfig(base_url=url, **vars(Credentials()))) as client:
            client.send_otp(mobile="919812345678")
        text = process.stdout.readline()
        process.terminate()

    assert re.fullmatch(r"sandbox: SMS to 919812345678: [0-9]{6}\n", text)


def test_the_program_refuses_a_dialect_that_it_does_not_know() -> None:
    with start("--dialect", "v9") as program:
        _, errors = program.communicate(timeout=10)

    assert (program.returncode, "unknown preset" in errors) == (2, True)


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "wibmo.sandbox", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
