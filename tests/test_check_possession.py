"""What `cardbot check` says of possession: each channel that is on, what shows it there, and what `off` admits."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest

from actions.settings import Possession, Secret, Settings, SettingsError
from bot.commands.check import run

ROOT = Path(__file__).resolve().parents[1]
TELEGRAM = {"CARDBOT_TELEGRAM_TOKEN": "1:token", "CARDBOT_TELEGRAM_SECRET_TOKEN": "abcdefghijklmnop"}


def notes(capsys: pytest.CaptureFixture[str], var: Path, **given: str) -> dict[str, str]:
    """Each note about possession or codes, by its setting and choice."""
    run(Namespace(bank=False), Settings.from_env({"CARDBOT_PROFILE": "test", "CARDBOT_VAR": str(var), **given}))
    lines = [line.removeprefix("note").strip() for line in capsys.readouterr().out.splitlines()]
    found = (line.split(": ", 1) for line in lines if "_POSSESSION=" in line or "SMS_CODES=" in line)
    return {name.removeprefix("CARDBOT_"): what for name, what in found}


@pytest.fixture(autouse=True)
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_the_defaults_are_off_on_the_sandboxs_web_and_required_elsewhere(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found = notes(capsys, tmp_path, **TELEGRAM)

    assert set(found) == {"WEB_POSSESSION=off", "TELEGRAM_POSSESSION=required", "SMS_CODES=off"}
    assert "no proof of identity; for the sandbox only" in found["WEB_POSSESSION=off"]
    assert found["TELEGRAM_POSSESSION=required"] == "everybody shows the registered mobile by Telegram's own contact"


def test_what_nothing_can_show_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    required = notes(capsys, tmp_path, CARDBOT_WEB_POSSESSION="required")
    step_up = notes(capsys, tmp_path, CARDBOT_WEB_POSSESSION="step_up")

    assert required["WEB_POSSESSION=required"] == "nothing can show it, so nobody is verified"
    assert step_up["WEB_POSSESSION=step_up"] == "nothing can show it, so changes go to a person"


def test_codes_help_out(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = notes(capsys, tmp_path, CARDBOT_WEB_POSSESSION="step_up", CARDBOT_SMS_CODES="on")

    assert found["WEB_POSSESSION=step_up"] == "whoever changes anything shows the registered mobile by a code by SMS"
    assert found["SMS_CODES=on"].startswith("codes may be texted to the registered mobile")


def test_codes_are_on_or_off() -> None:
    with pytest.raises(SettingsError, match="CARDBOT_SMS_CODES cannot be used: expected on or off"):
        Settings.from_env({"CARDBOT_SMS_CODES": "perhaps"})


def test_each_channel_has_its_own_policy_and_the_terminal_the_webs() -> None:
    settings = Settings(web_possession=Possession.STEP_UP, twilio_possession=Possession.OFF, wibmo_key=Secret(""))

    policies = [settings.possession_on(each).value for each in ("web", "terminal", "whatsapp", "telegram", "twilio")]

    assert policies == ["step_up", "step_up", "required", "required", "off"]
