"""Possession between the bank and the guard: what each policy opens, what an outage gives away, what a new mobile ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.claims import CardClaim
from actions.guard.numbers import VouchedNumbers
from actions.guard.possession import Act
from actions.outcomes import Outcome, Verdict
from actions.profile import UpdateEmail
from actions.proving import Way
from actions.services import Services, build
from actions.settings import Possession, Profile, Settings
from tests.conversations.cardholders import Holder, new_holder
from wibmo import CardClient
from wibmo.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[1]
Build = Callable[..., Services]


@pytest.fixture(scope="module")
def bank() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def built(tmp_path: Path, bank: Sandbox) -> Iterator[Build]:
    """Services of an installation with these policies."""
    made: list[Services] = []

    def build_one(**given: object) -> Services:
        settings = replace(Settings.from_env({"CARDBOT_PROFILE": "test", "CARDBOT_VAR": str(tmp_path)}), **given)  # type: ignore[arg-type]
        client = CardClient(bank.config(attempts=1))
        made.append(build(settings, ROOT, client=client))
        return made[-1]

    yield build_one
    bank.clear_faults()
    for each in made:
        each.close()


@pytest.fixture
def holder(bank: Sandbox) -> Holder:
    return new_holder(bank)


def claim(holder: Holder, talk: str = "whatsapp:1", identity: str = "ann", message: str = "m1", born: date | None = None) -> CardClaim:
    return CardClaim(talk, identity, "", message, holder.last_four, holder.expiry, born or holder.born)


def vouch(services: Services, number: str, talk: str = "whatsapp:1") -> VouchedNumbers:
    with services.storage.begin() as conn:
        services.numbers["whatsapp"].vouch_in(conn, talk, number)
    return services.numbers["whatsapp"]


def texted(bank: Sandbox, holder: Holder) -> str:
    """The code that this cardholder's phone got, once it has come."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if any(call.fields.get("cardHolderMobileNumber") == holder.mobile for call in bank.calls):
            with suppress(KeyError):  # the call is under way
                return bank.ledger.otp(holder.mobile)
        time.sleep(0.01)
    raise AssertionError("no code came")


def test_a_session_remembers_what_showed_possession(built: Build, holder: Holder) -> None:
    services = built()
    vouch(services, holder.mobile)

    assert services.identification.check(claim(holder)).verdict is Verdict.VERIFIED

    current = services.sessions.current("whatsapp:1")
    assert current is not None
    assert current.possession == "whatsapp number"


def test_without_anything_to_show_the_bank_is_not_asked(built: Build, holder: Holder, bank: Sandbox) -> None:
    services, calls = built(), len(bank.calls)

    assert services.identification.check(claim(holder)) == Outcome(Verdict.CLOSED)
    assert len(bank.calls) == calls


def test_under_off_another_number_opens_a_card_until_others_hammer_it(built: Build, holder: Holder) -> None:
    services = built(whatsapp_possession=Possession.OFF)
    for n in range(10):
        wrong = claim(holder, f"whatsapp:bot{n}", f"bot{n}", f"bot{n}", date(1950, 1, 1 + n))
        assert services.identification.check(wrong).verdict is Verdict.REFUSED
    vouch(services, "919811111111", "whatsapp:thief")
    vouch(services, holder.mobile, "whatsapp:owner")

    thief = services.identification.check(claim(holder, "whatsapp:thief", "thief", "t1"))
    nobody = services.identification.check(claim(holder, "whatsapp:hidden", "hidden", "h1"))
    owner = services.identification.check(claim(holder, "whatsapp:owner", "owner", "o1"))

    assert (thief.verdict, nobody.verdict, owner.verdict) == (Verdict.REFUSED, Verdict.CLOSED, Verdict.VERIFIED)
    assert services.identification.check(claim(holder, "whatsapp:thief", "thief", "t2")).verdict is Verdict.REFUSED


def test_a_card_that_others_hammer_opens_to_a_code_where_nothing_else_is_shown_yet(
    built: Build, holder: Holder, bank: Sandbox
) -> None:
    services = built(telegram_possession=Possession.OFF, sms_codes=True)
    for n in range(10):
        services.identification.check(claim(holder, f"telegram:bot{n}", f"bot{n}", f"bot{n}", date(1950, 1, 1 + n)))

    wanted = services.identification.check(claim(holder, "telegram:owner", "owner", "o1"))

    assert wanted.verdict is Verdict.CODE_WANTED
    assert services.texting.check("telegram:owner", "owner", texted(bank, holder)).verdict is Verdict.VERIFIED


def test_an_outage_of_the_record_is_no_free_guess(built: Build, holder: Holder, bank: Sandbox) -> None:
    services = built()
    vouch(services, holder.mobile)
    bank.fault("retrieve", "code=1052", times=None)

    verdicts = [services.identification.check(claim(holder, message=f"m{n}")).verdict for n in range(4)]

    assert verdicts == [Verdict.UNAVAILABLE] * 3 + [Verdict.CLOSED]


def test_an_outage_of_the_codes_does_not_tell_that_the_details_were_right(
    built: Build, holder: Holder, bank: Sandbox
) -> None:
    services = built(sms_codes=True)
    bank.fault("send_otp", "status=503", times=None)

    right = services.identification.check(claim(holder))
    wrong = services.identification.check(claim(holder, "whatsapp:2", "bea", born=date(1950, 1, 1)))

    assert right == wrong == Outcome(Verdict.CODE_WANTED)


def test_a_code_that_the_bank_could_not_look_at_costs_no_try(built: Build, holder: Holder, bank: Sandbox) -> None:
    services = built(sms_codes=True)
    services.identification.check(claim(holder))
    code = texted(bank, holder)
    bank.fault("verify_otp", "code=1032", times=5)

    away = [services.texting.check("whatsapp:1", "ann", "000000").verdict for _ in range(5)]

    assert away == [Verdict.UNAVAILABLE] * 5
    assert services.texting.check("whatsapp:1", "ann", code).verdict is Verdict.VERIFIED


def test_a_code_opens_once_and_a_turn_that_is_done_again_finds_it_open(built: Build, holder: Holder, bank: Sandbox) -> None:
    services = built(sms_codes=True)
    services.identification.check(claim(holder))
    code = texted(bank, holder)

    first, again = (services.texting.check("whatsapp:1", "ann", code).verdict for _ in range(2))
    services.sessions.end("whatsapp:1", "logged out")

    assert (first, again) == (Verdict.VERIFIED, Verdict.VERIFIED)
    assert services.texting.check("whatsapp:1", "ann", code).verdict is Verdict.CODE_EXPIRED


def test_only_the_registered_mobile_is_texted(built: Build, holder: Holder, bank: Sandbox) -> None:
    services = built(sms_codes=True)
    services.identification.check(claim(holder))
    texted(bank, holder)

    sent = [call.fields["cardHolderMobileNumber"] for call in bank.calls if call.operation == "send_otp"]
    assert sent[-1] == holder.mobile


@pytest.mark.parametrize("profile", [Profile.PRODUCTION, Profile.SANDBOX])
def test_in_production_off_admits_no_change(built: Build, profile: Profile) -> None:
    services = built(profile=profile, web_possession=Possession.OFF)
    tracker = Tracker("web:1", {}, {"metadata": {"identity": "ann", "message_id": "m1"}}, [], False, None, {}, None)

    events = asyncio.run(UpdateEmail(services).run(CollectingDispatcher(), tracker, {}))

    refused = [event["name"] for event in events if event["event"] == "followup"] == ["action_cannot_do"]
    assert refused == (profile is Profile.PRODUCTION)


def test_a_change_wants_possession_where_the_policy_does(built: Build, holder: Holder) -> None:
    services = built(whatsapp_possession=Possession.STEP_UP)
    services.identification.check(claim(holder))
    assert services.sessions.current("whatsapp:1") is not None
    assert services.verified_for_change("whatsapp:1") is None
    vouch(services, holder.mobile)
    verified = services.sessions.current("whatsapp:1")
    assert verified is not None

    assert services.proving.step_up(verified, "ann", "m2").verdict is Verdict.VERIFIED

    assert services.verified_for_change("whatsapp:1") is not None


def test_after_a_change_of_mobile_nobody_is_known_by_the_former_one(built: Build, holder: Holder) -> None:
    services = built()
    numbers = vouch(services, holder.mobile)
    services.identification.check(claim(holder))

    with services.storage.begin() as conn:
        services.proving.mobile_changed_in(conn, holder.urn)

    assert services.sessions.current("whatsapp:1") is None
    assert not numbers.can_show("whatsapp:1")
    with services.storage.begin() as conn:
        assert services.lockout.distrust_in(conn, holder.urn) == 0


def test_a_contact_is_asked_for_on_telegram_and_a_code_where_it_is_wanted_instead(built: Build) -> None:
    services = built(sms_codes=True)
    way = services.proving.way

    assert way("telegram:1", Act.SEE) is Way.CONTACT
    assert way("telegram:1", Act.SEE, by_code=True) is Way.CODE
    assert way("web:1", Act.SEE) is Way.NONE
    assert built().proving.way("telegram:1", Act.SEE, by_code=True) is Way.CONTACT
