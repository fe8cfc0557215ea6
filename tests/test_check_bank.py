"""`cardbot check --bank` against environments of several kinds: what answers, and which setting is to be changed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest

from actions.settings import Settings
from bot.commands.check import run
from wibmo.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[1]
ANOTHER_KEY = b"another key of 24 bytes!".hex()
Check = Callable[..., tuple[int, list[str], list[str]]]


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Check:
    """The exit code, what the bank answered, and the problems; an untrained model is none of them."""
    monkeypatch.chdir(ROOT)

    def checked(bank_url: str, **given: str) -> tuple[int, list[str], list[str]]:
        wanted = {"PROFILE": "test", "VAR": str(tmp_path), "WIBMO_BASE_URL": bank_url, **given}
        code = run(Namespace(bank=True), Settings.from_env({f"CARDBOT_{name}": value for name, value in wanted.items()}))
        lines = capsys.readouterr().out.splitlines()
        problems = [line.removeprefix("PROBLEM  ") for line in lines if line.startswith("PROBLEM") and "cardbot train" not in line]
        return code, [line.removeprefix("bank     ") for line in lines if line.startswith("bank")], problems

    return checked


@pytest.mark.parametrize(
    "dialect", ["v3", "v3-sandbox", "v3-page", "v1", "v1-page", "v2-page", "v3; codec=ecb", "v3; ids=body; envelope=result", "v3; envelope=clear"]
)
def test_a_dialect_that_is_set_rightly_has_nothing_to_change(check: Check, dialect: str) -> None:
    with Sandbox(dialect=dialect) as bank:
        _, answers, problems = check(bank.url, WIBMO_DIALECT=dialect)
        changed = bank.ledger.history

    assert problems == []
    assert answers[0] == f"answers to dialect {dialect}"
    assert changed == ()


@pytest.mark.parametrize(
    ("spoken", "to_set"),
    [
        ("v3-sandbox", "v3-sandbox"), ("v1", "v1"), ("v2-page", "v2-page"), ("v3; codec=ecb", "v3; codec=ecb"),
        ("v3; codec=fixed-iv", "v3; codec=fixed-iv"), ("v3; ids=body", "v3; ids=body"), ("v3; envelope=clear", "v3; envelope=clear"),
        ("v3; verify_date=yyyyMMdd", "v3; verify_date=yyyyMMdd"), ("v1; verify_date=dd-MMM-yyyy", "v1; verify_date=dd-MMM-yyyy"),
    ],
)  # fmt: skip
def test_another_dialect_than_the_one_set_is_named_to_be_set(check: Check, spoken: str, to_set: str) -> None:
    with Sandbox(dialect=spoken) as bank:
        code, _, problems = check(bank.url)

    assert code == 1
    assert f"the environment speaks: {to_set}: change CARDBOT_WIBMO_DIALECT" in problems
    assert all(each.endswith("CARDBOT_WIBMO_DIALECT") for each in problems)


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"WIBMO_KEY": ANOTHER_KEY}, "KEY"), ({"WIBMO_API_KEY": "another"}, "API_KEY"), ({"WIBMO_CLIENT_ID": "ANOTHER"}, "CLIENT_ID"),
        ({"WIBMO_BANK_ID": "2222"}, "BANK_ID"), ({"WIBMO_SECURE_CODE": "another"}, "SECURE_CODE"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dialect", ["v3", "v1", "v3; codec=ecb"])
def test_a_setting_that_is_wrong_is_named(check: Check, dialect: str, wrong: dict[str, str], name: str) -> None:
    with Sandbox(dialect=dialect) as bank:
        code, _, problems = check(bank.url, WIBMO_DIALECT=dialect, **wrong)

    assert code == 1
    assert [each.rpartition(" ")[2] for each in problems] == [f"CARDBOT_WIBMO_{name}"]
    assert all(value not in str(problems) for value in wrong.values())


def test_401_is_about_the_api_key(check: Check) -> None:
    with Sandbox(scenario="unauthorised") as bank:
        _, _, problems = check(bank.url)

    assert problems == ["retrieve: 401, the key is not accepted: change CARDBOT_WIBMO_API_KEY"]


def test_a_clock_that_is_an_hour_off_is_named(check: Check) -> None:
    with Sandbox(clock=lambda: time.time() - 3600) as bank:
        _, _, problems = check(bank.url)

    assert problems == ["this machine's clock is 60 minutes off the bank's"]


def test_nothing_there_is_about_the_base_url(check: Check) -> None:
    with Sandbox() as bank:
        url = bank.url

    _, _, problems = check(url)

    assert len(problems) == 1
    assert problems[0].endswith("change CARDBOT_WIBMO_BASE_URL")


def test_an_address_that_is_none_is_told_by_its_variable(check: Check) -> None:
    _, _, problems = check("bank.example")

    assert problems == ["CARDBOT_WIBMO_BASE_URL must look like https://host or https://host/prefix"]


@pytest.mark.parametrize(
    ("name", "value"), [("CARDBOT_WIBMO_KEY", "00" * 16), ("CARDBOT_WIBMO_DIALECT", "v3; codec=des"), ("CARDBOT_WIBMO_READ_TIMEOUT", "60")]
)
def test_the_command_itself_names_what_cannot_be_used_and_ends_with_2(tmp_path: Path, name: str, value: str) -> None:
    environ = {**os.environ, "CARDBOT_VAR": str(tmp_path), name: value}

    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "check", "--bank"], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert name in done.stderr
    assert value not in done.stderr
    assert "Traceback" not in done.stderr
