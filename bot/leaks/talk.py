"""The talks that plant values: everything a cardholder may do, on any channel."""

from __future__ import annotations

from bot.leaks.guests import PUSHED, Guest, PhoneGuest, WebGuest
from bot.leaks.planted import Planted, in_devanagari, in_words
from bot.leaks.platforms import PretendPlatforms
from wibmo.sandbox import Sandbox

CHANNELS = ("web", *PUSHED)
SLOW = 3  # seconds; longer than the run lets a turn wait for the bank


def guests(channel: str, url: str, platforms: PretendPlatforms, who: Planted) -> list[Guest]:
    """Five who come one after the other; on a phone they have the cardholder's own number and four others."""
    if channel == "web":
        return [WebGuest(url) for _ in range(1 + len(who.senders))]
    return [PhoneGuest(channel, url, platforms, who, number) for number in (who.mobile, *who.senders)]


def play(some: list[Guest], who: Planted) -> None:
    """Plant every value of one cardholder: right and wrong, typed, pasted, in the card and in titles, asked for and not."""
    typing, pasting, telling, changing = some[:4]
    _typed(typing, who)
    _pasted_in_other_digits(pasting, who)
    _unasked(telling, who)
    _changes(changing, who)


def _typed(guest: Guest, who: Planted) -> None:
    guest.say("what is my balance")
    guest.say(f"it ends with {who.wrong_four}")
    guest.say(who.slashed)
    guest.say(who.birthday, "do not match")
    guest.press("Try again", shown=f"{who.last_four} {who.slashed} {who.birthday}")
    guest.say(f"{in_words(who.last_four)}")
    guest.say(f"it expires {who.slashed}")
    guest.say(f"born on {who.born.day} {who.born:%B} {who.born.year}", "₹")
    guest.say("which email and mobile do you have")
    guest.say("is my kyc done")  # the action that fails
    guest.look_back()
    guest.say("I want to talk to a human", "CB-")


def _pasted_in_other_digits(guest: Guest, who: Planted) -> None:
    guest.say("balance please")
    guest.say(f"{in_devanagari(who.last_four)}, {who.slashed}, {in_devanagari(who.birthday)}", "₹")
    guest.say("goodbye")


def _unasked(guest: Guest, who: Planted) -> None:
    for text in (
        f"my card {who.last_four} valid till {who.slashed} dob {who.birthday} is not working",
        f"write to {who.email} or call +91 {who.mobile[:5]} {who.mobile[5:]}",
        f"my customer id is {who.customer_id} and the urn {who.urn}",
        f"card no ending {'-'.join(who.last_four)}, mobile {' '.join(who.new_mobile)}, born {who.born:%Y.%m.%d}",
        f'/check_balance{{"last_four": "{who.last_four}", "new_email": "{who.new_email}"}}',
    ):
        guest.say(text)
    guest.show(f"card {who.last_four} {who.slashed} {who.birthday}, {who.email}", who.mobile)


def _changes(guest: Guest, who: Planted) -> None:
    guest.say("change my email")
    guest.details(who.last_four, who.slashed, who.birthday)
    guest.say("it is wrong at nowhere 12")
    guest.say(who.new_email, "New:")
    guest.press("Yes, change it", "is now", shown=f"{who.new_email} {who.new_mobile}")
    guest.say("change my mobile number")
    guest.say(f"{who.new_mobile[:5]} {who.new_mobile[5:]}", "New:")
    guest.say("yes", "is now")
    guest.look_back()


def play_while_the_bank_is_away(guest: Guest, bank: Sandbox, who: Planted) -> None:
    """Details that the bank does not answer, or answers late; nobody else may be talking meanwhile."""
    for fault in ("status=503", "garbage"):
        guest.say("balance")
        bank.fault("verify", fault, times=None)
        guest.details(who.last_four, who.slashed, who.birthday, "not answering")
        bank.clear_faults()
    guest.say("balance")
    bank.fault("retrieve", f"latency={SLOW}")
    guest.details(who.last_four, who.slashed, who.birthday)
    bank.clear_faults()
    guest.say("what is my balance", "₹")
    guest.say("log out")


def begin_a_turn(guest: Guest, who: Planted) -> None:
    """Up to the moment when the bank is asked, with more waiting behind; nobody waits for the end."""
    guest.say("balance")
    guest.details(who.last_four, who.slashed, who.birthday, None)
    guest.say(f"and write to {who.new_email}, or call {who.new_mobile}", None)


def in_the_terminal(who: Planted) -> str:
    """What is typed at `cardbot chat`, line by line: the three details are asked for secretly."""
    return "\n".join(["balance", who.last_four, who.slashed, who.birthday, f"my mail is {who.email}", "talk to a human", ""])
