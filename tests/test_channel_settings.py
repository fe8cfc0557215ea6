"""A channel is on with all of its settings or not at all: one that is missing stops the start and is named."""

from __future__ import annotations

import pytest

from actions.settings import Settings, SettingsError

COMPLETE = {
    "whatsapp": {
        "CARDBOT_WHATSAPP_ACCESS_TOKEN": "token",
        "CARDBOT_WHATSAPP_APP_SECRETS": "new, old",
        "CARDBOT_WHATSAPP_VERIFY_TOKEN": "verify",
        "CARDBOT_WHATSAPP_PHONE_NUMBER_IDS": "1,2",
    },
    "telegram": {"CARDBOT_TELEGRAM_TOKEN": "1:token", "CARDBOT_TELEGRAM_SECRET_TOKEN": "abcdefghijklmnop"},
    "twilio": {
        "CARDBOT_TWILIO_ACCOUNT_SID": "AC1",
        "CARDBOT_TWILIO_AUTH_TOKEN": "token",
        "CARDBOT_TWILIO_FROM": "whatsapp:+1",
        "CARDBOT_PUBLIC_URL": "https://cards.example",
    },
}
MISSING = [(channel, name) for channel, names in COMPLETE.items() for name in names]


@pytest.mark.parametrize("channel", COMPLETE)
def test_a_channel_is_on_with_all_of_its_settings(channel: str) -> None:
    settings = Settings.from_env(COMPLETE[channel])

    assert [each for each in COMPLETE if settings.has_channel(each)] == [channel]


@pytest.mark.parametrize(("channel", "name"), MISSING)
def test_one_that_is_missing_stops_the_start_and_is_named(channel: str, name: str) -> None:
    rest = {each: value for each, value in COMPLETE[channel].items() if each != name}

    with pytest.raises(SettingsError, match=name):
        Settings.from_env(rest)


def test_without_any_of_their_settings_no_channel_is_on() -> None:
    settings = Settings.from_env({"CARDBOT_PUBLIC_URL": "https://cards.example", "CARDBOT_WHATSAPP_GRAPH_VERSION": "v25.0"})

    assert not any(settings.has_channel(each) for each in COMPLETE)


@pytest.mark.parametrize("weak", ["short", "with spaces in between", "äöü-äöü-äöü-äöü-äöü", "x" * 257])
def test_a_secret_that_telegram_would_not_take_is_refused_without_being_shown(weak: str) -> None:
    with pytest.raises(SettingsError, match="CARDBOT_TELEGRAM_SECRET_TOKEN") as refused:
        Settings.from_env({**COMPLETE["telegram"], "CARDBOT_TELEGRAM_SECRET_TOKEN": weak})
    assert weak not in str(refused.value)


def test_no_secret_of_a_channel_is_in_the_repr() -> None:
    settings = Settings.from_env({name: value for each in COMPLETE.values() for name, value in each.items()})

    assert "token'" not in repr(settings)
    assert "abcdefghijklmnop" not in repr(settings)


@pytest.mark.parametrize("template", ["card_news", "card_news:hi", "card_news:en_US", "n1"])
def test_a_template_has_a_name_and_perhaps_a_language(template: str) -> None:
    assert Settings.from_env({"CARDBOT_WHATSAPP_TEMPLATE": template}).whatsapp_template == template


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("WHATSAPP_TEMPLATE", "Card News"), ("WHATSAPP_TEMPLATE", "card_news:"), ("WHATSAPP_TEMPLATE", "card_news:english"),
        ("TWILIO_TEMPLATE", "card_news"), ("TWILIO_TEMPLATE", "HX12"), ("NEW_TALKS_PER_MINUTE", "0"), ("NEW_TALKS_PER_MINUTE", "many"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_stops_the_start_and_is_named(name: str, bad: str) -> None:
    with pytest.raises(SettingsError, match=f"CARDBOT_{name}"):
        Settings.from_env({f"CARDBOT_{name}": bad})
