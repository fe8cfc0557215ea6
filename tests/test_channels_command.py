"""cardbot channels: what is on, and Telegram's webhook, refused where it could not be trusted."""

from __future__ import annotations

import pytest

from actions.settings import Settings
from bot import cli
from bot.commands.channels import described

TELEGRAM = {"CARDBOT_TELEGRAM_TOKEN": "1:token", "CARDBOT_TELEGRAM_SECRET_TOKEN": "abcdefghijklmnop"}
TWILIO = {"CARDBOT_TWILIO_ACCOUNT_SID": "AC1", "CARDBOT_TWILIO_AUTH_TOKEN": "token-of-twilio", "CARDBOT_TWILIO_FROM": "whatsapp:+1"}


def test_the_list_says_what_is_on_and_where_its_webhook_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {**TELEGRAM, "CARDBOT_PUBLIC_URL": "https://cards.example/"}.items():
        monkeypatch.setenv(name, value)

    code = cli.main(["channels", "list"])

    assert code == 0
    assert capsys.readouterr().out.splitlines() == [
        "web       on",
        "whatsapp  off",
        "telegram  on   https://cards.example/telegram/webhook",
        "twilio    off",
    ]


def test_each_channel_is_described_with_what_is_missing_and_what_to_register() -> None:
    lines = list(described(Settings.from_env({**TELEGRAM, **TWILIO, "CARDBOT_PUBLIC_URL": "https://cards.example/"})))

    assert lines[0] == "web is on at https://cards.example/"
    [whatsapp] = [line for line in lines if line.startswith("whatsapp")]
    assert whatsapp == (
        "whatsapp is off: it wants CARDBOT_WHATSAPP_ACCESS_TOKEN, CARDBOT_WHATSAPP_APP_SECRETS, "
        "CARDBOT_WHATSAPP_VERIFY_TOKEN, CARDBOT_WHATSAPP_PHONE_NUMBER_IDS"
    )
    assert any("register https://cards.example/telegram/webhook" in line for line in lines)
    assert any("register https://cards.example/twilio/webhook" in line for line in lines)
    assert [line for line in lines if "TEMPLATE" in line] == [
        "CARDBOT_TWILIO_TEMPLATE is not set: news after 24 hours of silence wait there without a hint"
    ]
    assert "token-of-twilio" not in "".join(lines)


def test_a_channel_that_no_platform_can_reach_is_said_to_be_so() -> None:
    lines = list(described(Settings.from_env(TELEGRAM)))

    assert "telegram calls only addresses that begin with https://: set CARDBOT_PUBLIC_URL" in lines
    assert any("register (CARDBOT_PUBLIC_URL)/telegram/webhook" in line for line in lines)


def test_without_a_bot_no_webhook_is_set(capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main(["channels", "telegram", "--set-webhook", "https://cards.example/telegram/webhook"])

    assert code == 2
    assert "CARDBOT_TELEGRAM_TOKEN" in capsys.readouterr().err


def test_a_telegram_that_is_away_is_told_without_the_token(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {**TELEGRAM, "CARDBOT_TELEGRAM_API_BASE": "http://127.0.0.1:9"}.items():
        monkeypatch.setenv(name, value)

    code = cli.main(["channels", "telegram", "--set-webhook", "https://cards.example/telegram/webhook"])

    said = capsys.readouterr().err
    assert code == 1
    assert "does not answer" in said
    assert "1:token" not in said


def test_a_missing_setting_stops_every_command_and_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CARDBOT_WHATSAPP_ACCESS_TOKEN", "token")

    code = cli.main(["channels", "list"])

    assert code == 2
    assert "CARDBOT_WHATSAPP_APP_SECRETS is missing" in capsys.readouterr().err
