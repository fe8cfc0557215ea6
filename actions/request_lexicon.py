"""Requests by their words, where a message holds more of them than its one intent says, or none that can be read."""

from __future__ import annotations

import re

_CHANGE = r"(?:chang\w*|updat\w*|replac\w*|edit\w*|modif\w*|correct|switch|badal\w*|badl\w*|बदल\S*|अपडेट|चेंज)"
_EMAIL = r"(?:e-?mails?(?:[ -]?id)?|mail id|ई-?मेल|मेल)"
_MOBILE = r"(?:mobile(?: no| number)?|phone(?: no| number)?|(?:contact|registered) number|मोबाइल|फ़?ोन नंबर|फोन नंबर|फ़ोन नंबर)"
_NEAR = r"\W+(?:\S+\W+){0,4}?"

# Strict: a word alone ("email") is no request; what is meant by the whole message says its intent.
_REQUESTS = (
    ("check_balance", r"\b(?:balance|bal)\b|बैलेंस|\bkitn[ae] (?:paisa|paise|bacha|rupaye)|कितने? (?:पैसे|पैसा)"),
    ("update_email", rf"{_CHANGE}(?:{_NEAR}|\s){_EMAIL}|{_EMAIL}(?:{_NEAR}|\s){_CHANGE}"),
    ("update_mobile", rf"{_CHANGE}(?:{_NEAR}|\s){_MOBILE}|{_MOBILE}(?:{_NEAR}|\s){_CHANGE}"),
    ("check_card_status", r"\bcard(?: is| ka| ki)? (?:status|active|blocked)|\b(?:status of|is) (?:my |the )?card\b|कार्ड (?:का स्टेटस|चालू|एक्टिव)"),
    ("check_kyc_status", r"\bkyc\b|केवाईसी"),
    ("why_declined", r"\b(?:declin\w+|payment (?:has |had )?fail\w*|fail\w* payment)|पेमेंट (?:फेल|फ़ेल)|डिक्लाइन"),
)
_COMPILED = tuple((name, re.compile(words, re.IGNORECASE)) for name, words in _REQUESTS)
# What joins two requests; without it a message asks for one thing.
_JOINED = re.compile(
    r"\b(?:and|also|plus|then|too|aur|or bhi|bhi|saath|sath|phir|uske baad|as well)\b|[&+,;]|और|भी|फिर|साथ", re.IGNORECASE
)
_BOTH_CONTACTS = re.compile(
    rf"{_EMAIL}\s*(?:and|aur|&|\+|और|as well as|, ?)\s*(?:(?:also|my|mera|meri|मेरा|new) )*{_MOBILE}"
    rf"|{_MOBILE}\s*(?:and|aur|&|\+|और|as well as|, ?)\s*(?:(?:also|my|mera|meri|मेरा|new) )*{_EMAIL}",
    re.IGNORECASE,
)


def requests_in(words: str) -> list[str]:
    """The requests that a message with several names, in their order; none for a message that joins nothing.

    >>> requests_in("what is my balance and also change my email")
    ['check_balance', 'update_email']
    >>> requests_in("mera email badal do"), requests_in("balance batao aur kyc bhi")
    ([], ['check_balance', 'check_kyc_status'])
    """
    if not _JOINED.search(words):
        return []
    found = [(match.start(), name) for name, pattern in _COMPILED if (match := pattern.search(words))]
    if wants_both_contacts(words) and re.search(_CHANGE, words, re.IGNORECASE):
        found = [each for each in found if each[1] not in ("update_email", "update_mobile")]
        found += [(len(words), "update_email"), (len(words) + 1, "update_mobile")]
    return [name for _, name in sorted(found)]


def change_named(words: str) -> str:
    """The one contact that a message asks to change, whatever else it was taken for; empty if none, or both.

    >>> change_named("ईमेल बदलिए मेरा, e-mail"), change_named("my e-mail is e-mail")
    ('update_email', '')
    """
    named = [name for name, pattern in _COMPILED if name in ("update_email", "update_mobile") and pattern.search(words)]
    return named[0] if len(named) == 1 else ""


def names_both_changes(words: str) -> bool:
    """Whether a message asks to change e-mail and mobile.

    >>> names_both_changes("update my email and phone number"), names_both_changes("is my email and mobile right")
    (True, False)
    """
    return {"update_email", "update_mobile"} <= set(requests_in(words))


def wants_both_contacts(words: str) -> bool:
    """Whether e-mail and mobile are named in one breath.

    >>> wants_both_contacts("update my email and phone number"), wants_both_contacts("email or phone?")
    (True, False)
    """
    return _BOTH_CONTACTS.search(words) is not None
