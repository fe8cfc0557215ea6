"""cardbot channels: which channels are on, and telling a platform where this installation is."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from actions.settings import Settings
from bot.gateway.platform_api import PlatformApi, PlatformAway
from bot.gateway.telegram import set_webhook

_PUSHED = ("whatsapp", "telegram", "twilio")
_REGISTERED_BY = {
    "whatsapp": "Meta's app dashboard, field messages, with CARDBOT_WHATSAPP_VERIFY_TOKEN",
    "telegram": "cardbot channels telegram --set-webhook",
    "twilio": "Twilio's console, for the sender's incoming messages; reports come there by themselves",
}
_TEMPLATES = {"whatsapp": "whatsapp_template", "twilio": "twilio_template"}


def described(settings: Settings) -> Iterator[str]:
    """For each channel whether it is on, what is missing, and what has to be registered where."""
    framed = f"; framed by {', '.join(settings.allowed_origins)}" if settings.allowed_origins else ""
    yield f"web is on at {settings.public_url or f'http://{settings.host}:{settings.port}'}{framed}"
    for channel in _PUSHED:
        if not settings.has_channel(channel):
            yield f"{channel} is off: it wants {', '.join(settings.missing_for(channel))}"
            continue
        yield f"{channel} is on: register {webhook(settings, channel)} in {_REGISTERED_BY[channel]}"
        if not settings.public_url.startswith("https://"):
            yield f"{channel} calls only addresses that begin with https://: set CARDBOT_PUBLIC_URL"
        template = _TEMPLATES.get(channel)
        if template and not getattr(settings, template):
            yield f"CARDBOT_{template.upper()} is not set: news after 24 hours of silence wait there without a hint"


def webhook(settings: Settings, channel: str) -> str:
    """The address that the platform has to call."""
    return f"{settings.public_url.rstrip('/') or '(CARDBOT_PUBLIC_URL)'}/{channel}/webhook"


def add(parser: argparse.ArgumentParser) -> None:
    chosen = parser.add_subparsers(dest="channel", required=True, metavar="CHANNEL")
    chosen.add_parser("list", help="which channels are on, and the addresses of their webhooks")
    telegram = chosen.add_parser("telegram", help="what Telegram has to know")
    telegram.add_argument(
        "--set-webhook", metavar="URL", required=True, help="where Telegram brings messages: https://…/telegram/webhook"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Exit codes: 0 done, 1 Telegram refused or is away, 2 the channel or the address cannot be used."""
    return _list(settings) if args.channel == "list" else _set_telegram_webhook(args.set_webhook, settings)


def _list(settings: Settings) -> int:
    print("web       on")
    for channel in _PUSHED:
        print(f"{channel:9} " + (f"on   {webhook(settings, channel)}" if settings.has_channel(channel) else "off"))
    return 0


def _set_telegram_webhook(url: str, settings: Settings) -> int:
    if not settings.has_channel("telegram"):
        print("cardbot: CARDBOT_TELEGRAM_TOKEN is missing, so there is no bot", file=sys.stderr)
        return 2
    if not url.startswith("https://") or not url.endswith("/telegram/webhook"):
        print("cardbot: the address must begin with https:// and end with /telegram/webhook", file=sys.stderr)
        return 2
    try:
        reply = set_webhook(PlatformApi(), settings, url)
    except PlatformAway as error:
        print(f"cardbot: Telegram does not answer ({error})", file=sys.stderr)
        return 1
    if not reply.is_ok:
        print(f"cardbot: Telegram refused ({reply.status}: {reply.body.get('description', 'no reason given')})", file=sys.stderr)
        return 1
    print(f"Telegram brings messages to {url}.")
    return 0
