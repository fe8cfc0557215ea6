"""E-mail addresses and payment addresses in a text, written with signs or spoken with "at" and "dot"."""
from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

EMAIL = "email"
PAYMENT_ADDRESS = "number"

_MAIL_HOSTS = (
    "gmail|googlemail|yahoo|ymail|hotmail|outlook|rediffmail|rediff|live|msn|icloud|protonmail|proton|zoho|aol|"
    "जीमेल|याहू|हॉटमेल|आउटलुक|रेडिफमेल"
)
_CLEAR_HOSTS = "gmail|googlemail|yahoo|ymail|hotmail|rediffmail|icloud|protonmail|जीमेल|याहू|हॉटमेल|रेडिफमेल"
_PAY_HOSTS = (
    "upi|paytm|ybl|ibl|axl|apl|yapl|okaxis|oksbi|okicici|okhdfcbank|ptsbi|ptaxis|pthdfc|ptyes|axisbank|sbi|icici|hdfcbank|"
    "ikwik|freecharge|jupiteraxis|waicici|wasbi|waaxis|wahdfcbank|kotak|barodampay"
)
_TOP_DOMAIN = "com|in|org|net|co|edu|gov|io|info|biz|me|ai|dev|app|uk|us|कॉम|इन|कौम"
_WORD = r"[^\s@(),;:!?<>\"]"
# What an address may be made of when it is spoken; the words before it that belong to the sentence.
_AT = r"(?:at[\s\-]?the[\s\-]?rate(?:[\s\-]of)?|attherate|at[\s\-]rate|at|ऐट[\s\-]द[\s\-]रेट|एट[\s\-]द[\s\-]रेट|ऐट|एट)"
_DOT = r"(?:\s{0,2}\.\s{0,2}|\s{1,2}(?:dot|डॉट|डाट|point)\s{1,2}|\s{0,2}\((?:dot|\.)\)\s{0,2})"
_SIGN_LINK = r"(?:\s{1,2}(?:dot|underscore|dash|hyphen|डॉट|अंडरस्कोर)\s{1,2})"
_NAME = r"[A-Za-z0-9\u0900-\u0963\u0971-\u097f][A-Za-z0-9._%+\-\u0900-\u0963\u0971-\u097f]{0,63}"
_SENTENCE_WORDS = (
    "is are was hai he h to ko se ka ki ke for with from at in on my mera meri mere id mail email address new naya nayi please "
    "pls use change update set add registered write it its the a an and or aur ya as this that new_one contact send change "
    "account i me am name be by of has have not want need karo kar kardo do want's it's मेरा मेरी ईमेल मेल आईडी है पता को नया नई और "
    "card ending check ends maine mere कार्ड मैंने कृपया मेरे का की के से"
)
_SENTENCE = frozenset(_SENTENCE_WORDS.split())
_INTRODUCING = frozenset(("is", "hai", "h", "id", "email", "e-mail", "mail", "address", "to", "है", "ईमेल", "आईडी"))
_WORD_BEFORE = re.compile(r"[^\s.,;:!?]+")
_CHUNK = re.compile(r"[^\s<>(),;\"]+")
_SPOKEN = re.compile(
    rf"(?<![A-Za-z0-9@])(?P<name>{_NAME}(?:{_SIGN_LINK}{_NAME}){{0,5}})[\s(]{{1,2}}(?P<at>{_AT})[\s)]{{1,2}}"
    rf"(?P<host>(?:{_MAIL_HOSTS}|{_PAY_HOSTS})(?![^\W\d_])(?:(?:{_DOT}|\s)(?:{_TOP_DOMAIN})(?![^\W\d_])){{0,2}}"
    rf"|[A-Za-z0-9\-]{{1,40}}(?:\s{{1,2}}[(\[]?(?:dot|डॉट)[)\]]?\s{{1,2}}[A-Za-z0-9\-]{{1,40}}){{1,3}})",
    re.IGNORECASE,
)
_RATE = re.compile(rf"(?<![A-Za-z])(?:{_NAME}\s)?(?:at\s?the\s?rate(?:\sof)?|attherate)\s[A-Za-z0-9.\-]{{2,60}}", re.IGNORECASE)
_BARE = re.compile(
    rf"(?<![A-Za-z0-9]){_NAME}(?:{_SIGN_LINK}{_NAME}){{0,4}}\s(?:gmail|yahoo|hotmail|outlook|rediffmail|icloud)"
    rf"{_DOT}(?:{_TOP_DOMAIN})(?![^\W\d_])", re.IGNORECASE)
_HINT = re.compile(
    rf"(?<![^\W\d_])(?:{_CLEAR_HOSTS}|okaxis|oksbi|okicici|okhdfcbank|paytm|ybl)(?![^\W\d_])"
    rf"|(?<![^\W\d_])(?:dot|डॉट|attherate|at\s?the\s?rate|underscore)(?![^\W\d_])"
    r"|[A-Za-z]\.(?:com|in|org|net|co)\b|(?<![^\W\d_])(?:\(at\)|at)\s+\S+(?:\s+dot\s+|\s?\.\s?)\S",
    re.IGNORECASE)
_IS_PAYMENT = re.compile(rf"@\s?(?:{_PAY_HOSTS})\b", re.IGNORECASE)
_SPOKEN_PAYMENT = re.compile(rf"{_AT}[\s)]{{1,2}}(?:{_PAY_HOSTS})\b", re.IGNORECASE)


class Address(NamedTuple):
    kind: str
    start: int
    end: int


def addresses(text: str) -> list[Address]:
    """Where addresses stand in a plain text, left to right; every @ lies in one.

    >>> [text[a.start:a.end] for text in ["my mail is john dot doe at gmail dot com ok", "pay asha@okaxis"]
    ...  for a in addresses(text)]
    ['john dot doe at gmail dot com', 'asha@okaxis']
    """
    found = list(_signed(text)) if "@" in text else []
    for pattern in (_SPOKEN, _RATE, _BARE):
        for match in pattern.finditer(text):
            start, end = match.span()
            if pattern is not _RATE and not re.search(r"[._0-9]| dot ", match.group().split(" at ")[0]):
                start = _first_name(text, start)
            found.append(Address(_kind(match.group()), start, end))
    return _merged(sorted(found, key=lambda each: each.start))


def _merged(found: list[Address]) -> list[Address]:
    merged: list[Address] = []
    for each in found:
        if merged and each.start < merged[-1].end:
            before = merged[-1]
            kind = before.kind if before.kind == each.kind else EMAIL
            merged[-1] = Address(kind, before.start, max(before.end, each.end))
        else:
            merged.append(each)
    return merged


def _signed(text: str) -> Iterator[Address]:
    """Every chunk that holds an @; one that begins or ends with it goes with its neighbour."""
    chunks = [match.span() for match in _CHUNK.finditer(text)]
    index = 0
    while index < len(chunks):
        start, end = chunks[index]
        if "@" in text[start:end]:
            if text[start] == "@" and index and not _ends_sentence(text, chunks[index - 1], start):
                start = max(start - 80, chunks[index - 1][0])
            while text[end - 1] == "@" and index + 1 < len(chunks) and end - start < 200:
                index += 1
                end = chunks[index][1]
            while text[end - 1] in ".!?'*" and end - start > 1:
                end -= 1
            yield Address(_kind(text[start:end]), start, end)
        index += 1


def _ends_sentence(text: str, chunk: tuple[int, int], start: int) -> bool:
    word = text[chunk[0]:chunk[1]]
    return "@" in word or word.lower() in _SENTENCE or text[chunk[1]:start].strip() != ""


def has_address_words(text: str) -> bool:
    """Whether a plain text says parts of an address: a mail host, "dot", "at the rate"."""
    return "@" in text or _HINT.search(text) is not None


def _first_name(text: str, start: int) -> int:
    """Also take up to two words before a spoken name, where the sentence shows that they belong to it."""
    words = list(_WORD_BEFORE.finditer(text, max(0, start - 100), start))[-3:]
    if not words or text[words[-1].end():start].strip():
        return start
    taken = start
    for word in reversed(words[-2:]):
        if word[0].lower() in _SENTENCE:
            return taken
        taken = word.start()
    introduced = len(words) == 3 and words[0][0].lower() in _INTRODUCING
    return taken if introduced or not text[:taken].strip() else start


def _kind(text: str) -> str:
    if _IS_PAYMENT.search(text) or _SPOKEN_PAYMENT.search(text):
        return PAYMENT_ADDRESS
    return EMAIL


def written(text: str) -> str:
    """A spoken address as it is written; a written one stays.

    >>> written("asha dot verma at the rate gmail dot com"), written("asha.verma @ example.com")
    ('asha.verma@gmail.com', 'asha.verma@example.com')
    """
    said = text.strip().strip("<>\"'.,;!")
    said = re.sub(r"\s*\(\s*(at|dot)\s*\)\s*", r" \1 ", said, flags=re.IGNORECASE)
    if "@" not in said:
        said = re.sub(rf"\s+{_AT}\s+", "@", said, count=1, flags=re.IGNORECASE)
    said = re.sub(r"\s+(?:dot|डॉट|डाट)\s+", ".", said, flags=re.IGNORECASE)
    for word, sign in (("underscore", "_"), ("dash", "-"), ("hyphen", "-"), ("minus", "-"), ("plus", "+")):
        said = re.sub(rf"\s+{word}\s+", sign, said, flags=re.IGNORECASE)
    return re.sub(r"\s+", "", said)
