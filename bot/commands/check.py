"""cardbot check: is this installation sound and safe? Exit code 1 if not."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from actions.guard.keys import WrongMaster
from actions.guard.storage import StorageError
from actions.services import Services, build, client_config
from actions.settings import Possession, Profile, Settings
from bot.commands.channels import described
from wibmo import ConfigError

# What a platform vouches for by itself.
_SHOWN_BY = {"whatsapp": "WhatsApp's number", "telegram": "Telegram's own contact", "twilio": "WhatsApp's number"}


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bank", action="store_true", help="also call the bank, harmlessly, and say what answers")


def run(args: argparse.Namespace, settings: Settings) -> int:
    problems = list(_problems(settings))
    for line in (*_choices(settings), *described(settings), *_other_way(settings)):
        print(f"note     {line}")
    if args.bank:
        problems += [each for each in _bank_problems(settings) if each not in problems]
    for line in problems:
        print(f"PROBLEM  {line}")
    print("Not sound." if problems else "Sound.")
    return int(bool(problems))


def _problems(settings: Settings) -> Iterator[str]:
    from bot.engine.training import ModelRefused, verify_model

    try:
        verify_model(settings.model)
    except ModelRefused as error:
        yield f"{error} (cardbot train)"
    try:
        services = build(settings, Path.cwd())
    except ConfigError as error:
        yield _unusable(error)
        return
    except (StorageError, WrongMaster) as error:
        yield str(error)
        return
    try:
        yield from _database_problems(services)
    finally:
        services.close()
    secrets = settings.var / "secrets"
    if secrets.exists() and any(path.stat().st_mode & 0o077 for path in secrets.iterdir()):
        yield f"files in {secrets.name}/ can be read by others: chmod 600"


def _database_problems(services: Services) -> Iterator[str]:
    faults = services.audit.verify()
    if faults:
        yield f"the audit trail has {len(faults)} faults (cardbot audit verify)"


def _choices(settings: Settings) -> Iterator[str]:
    yield f"profile {settings.profile.value}, database {settings.storage_url.split(':', 1)[0]}"
    for channel in ("web", *(each for each in _SHOWN_BY if settings.has_channel(each))):
        yield f"CARDBOT_{channel.upper()}_POSSESSION={settings.possession_on(channel).value}: {_possession(settings, channel)}"
    what = "may be texted to the registered mobile" if settings.sms_codes else "are not texted"
    yield f"CARDBOT_SMS_CODES={'on' if settings.sms_codes else 'off'}: codes {what} where a channel shows nothing by itself"


def _other_way(settings: Settings) -> Iterator[str]:
    if not settings.urn_printed:
        yield "CARDBOT_URN_PRINTED is not set: whoever cannot give the card's details is offered a person only"
    if not settings.notice_url:
        yield "CARDBOT_NOTICE_URL is not set: notices of changed contact details stay owed until a person gives them (cardbot journal)"
    if settings.refusal_slot < 1:
        yield f"CARDBOT_REFUSAL_FLOOR={settings.refusal_slot:g}: how soon a refusal comes may tell what was wrong; give it more than two slow calls of the bank"


def _possession(settings: Settings, channel: str) -> str:
    """What the choice means for whoever writes there."""
    policy = settings.possession_on(channel)
    if policy is Possession.OFF:
        what = "changes are refused" if settings.profile is Profile.PRODUCTION else "for the sandbox only"
        return f"details alone admit there, which are no proof of identity; {what}"
    page = "a token of the bank's page" if settings.web_identity_keys else ""
    shown_by = [each for each in (_SHOWN_BY.get(channel, page), "a code by SMS" if settings.sms_codes else "") if each]
    if shown_by:
        who = "everybody shows" if policy is Possession.REQUIRED else "whoever changes anything shows"
        return f"{who} the registered mobile by {' or '.join(shown_by)}"
    return "nothing can show it, so " + ("nobody is verified" if policy is Possession.REQUIRED else "changes go to a person")


def _bank_problems(settings: Settings) -> list[str]:
    from wibmo.probe import probe

    try:
        report = probe(client_config(settings))
    except ConfigError as error:
        return [_unusable(error)]
    if report.dialect:
        print(f"bank     answers to dialect {report.dialect}")
    for finding in report.findings:
        if finding.ok:
            print(f"bank     {finding.what}")
    print("bank     updateProfile, its dates and the product id are not tried, since nothing may be changed")
    return [
        finding.what + (f": change CARDBOT_WIBMO_{finding.setting.upper()}" if finding.setting else "")
        for finding in report.findings
        if not finding.ok
    ]


def _unusable(error: ConfigError) -> str:
    """A field that wibmo names, as the variable that the operator knows."""
    field, _, why = str(error).partition(" ")
    return f"CARDBOT_WIBMO_{field.rstrip(':').upper()} {why}"
