"""What `probe` finds out about an environment, and that it changes nothing there."""

from __future__ import annotations

from typing import Any

import pytest

from wibmo import probe as module
from wibmo.probe import Report, probe
from wibmo.sandbox import Sandbox

from .conftest import Time


def wrong_settings(report: Report) -> set[str]:
    return {finding.setting for finding in report.findings if not finding.ok}


def test_a_sound_environment_is_reported_as_sound(bank: Sandbox, time: Time) -> None:
    report = probe(bank.config(), clock=time)

    assert report.ok
    assert report.dialect == "v3"
    assert {call.operation for call in bank.calls} == {"retrieve", "verify"}
    assert bank.ledger.history == ()


@pytest.mark.parametrize(
    ("spoken", "found"),
    [
        ("v3-sandbox", "v3-sandbox"), ("v3-page", "v3-sandbox; ids=retrieve"), ("v1", "v1"), ("v2-page", "v2-page"),
        ("v1-page", "v1; path.verify"), ("v3; codec=ecb", "v3; codec=ecb"), ("v3; codec=fixed-iv", "v3; codec=fixed-iv"),
        ("v3; ids=body", "v3; ids=body"), ("v3; verify_date=yyyyMMdd", "v3; verify_date=yyyyMMdd"),
        ("v3; envelope=clear", "v3; envelope=clear"),
    ],
)  # fmt: skip
def test_it_names_the_dialect_that_answers(spoken: str, found: str, time: Time) -> None:
    with Sandbox(dialect=spoken, clock=time) as bank:
        report = probe(bank.config(dialect="v3"), clock=time)

    assert "dialect" in wrong_settings(report)
    if "path" not in found:
        assert report.dialect == found


@pytest.mark.parametrize(
    ("change", "setting"),
    [
        ({"key": b"another key of 24 bytes!"}, "key"), ({"api_key": "another"}, "api_key"),
        ({"secure_code": "another"}, "secure_code"), ({"client_id": "ANOTHER"}, "client_id"),
        ({"bank_id": "2222"}, "bank_id"), ({"consumer_id": ""}, "consumer_id"),
    ],
)  # fmt: skip
def test_it_names_the_setting_that_is_wrong(
    bank: Sandbox, time: Time, change: dict[str, Any], setting: str
) -> None:
    report = probe(bank.config(**change), clock=time)

    assert wrong_settings(report) == {setting}
    assert all(str(value) not in str(report) for value in change.values() if value)


def test_nothing_listening_is_about_the_base_url(bank: Sandbox, time: Time) -> None:
    bank.stop()

    assert wrong_settings(probe(bank.config(), clock=time)) == {"base_url"}


@pytest.mark.parametrize(("status", "setting"), [(403, "api_key"), (404, "dialect"), (503, "")])
def test_a_status_points_where_it_should(bank: Sandbox, time: Time, status: int, setting: str) -> None:
    bank.fault("*", status, times=None)

    report = probe(bank.config(), clock=time)

    assert report.dialect is None
    assert setting in wrong_settings(report)


def test_a_clock_that_is_off_is_noticed(bank: Sandbox) -> None:
    report = probe(bank.config(), clock=lambda: 0.0)

    assert any("clock" in finding.what for finding in report.findings if not finding.ok)


def test_a_clear_connection_to_another_machine_is_pointed_out() -> None:
    class Nobody:
        def send(self, *args: object, **kwargs: object) -> module.Stamp:
            raise module.NotSent("no connection")

        def close(self) -> None:
            """Nothing to close."""

    with Sandbox() as bank:
        config = bank.config(base_url="http://bank.example")

    report = probe(config, transport=Nobody())  # type: ignore[arg-type]  # it never answers

    assert wrong_settings(report) == {"base_url"}
    assert len(report.findings) == 2
