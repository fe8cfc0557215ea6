"""Messages with numbers in words, in English, Hindi and Hinglish: templates and values, the same on every run."""
from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

ENGLISH, HINDI, HINGLISH = "en", "hi", "hi-Latn"

DIGITS = {
    ENGLISH: ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    HINDI: ("शून्य", "एक", "दो", "तीन", "चार", "पाँच", "छह", "सात", "आठ", "नौ"),
    HINGLISH: ("shunya", "ek", "do", "teen", "char", "paanch", "chhe", "saat", "aath", "nau"),
}
_OTHER_SPELLINGS = {
    "zero": ("oh", "zero"), "पाँच": ("पांच", "पाँच"), "छह": ("छः", "छे", "छह"), "शून्य": ("ज़ीरो", "शून्य"),
    "shunya": ("zero", "shoonya", "sunya"), "teen": ("tin", "teen"), "char": ("chaar", "char"),
    "paanch": ("panch", "paanch"), "chhe": ("che", "chah", "chhe"), "saat": ("sat", "saat"), "aath": ("ath", "aath"),
}
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_HINDI_PAIRS = {
    "11": "ग्यारह", "12": "बारह", "15": "पंद्रह", "20": "बीस", "21": "इक्कीस", "23": "तेईस", "27": "सत्ताईस", "28": "अट्ठाईस",
    "30": "तीस", "35": "पैंतीस", "42": "बयालीस", "50": "पचास", "67": "सड़सठ", "83": "तिरासी", "91": "इक्यानवे", "98": "अट्ठानवे",
}
_HINGLISH_PAIRS = {
    "11": "gyarah", "12": "baarah", "15": "pandrah", "20": "bees", "21": "ikkees", "23": "teis", "27": "sattais", "28": "atthaais",
    "30": "tees", "35": "paintis", "42": "bayalis", "50": "pachaas", "67": "sadsath", "83": "tirasi", "91": "ikyanve", "98": "atthanve",
}
_MONTHS = {
    ENGLISH: ("January", "feb", "March", "april", "May", "June", "jul", "August", "Sept", "oct", "November", "dec"),
    HINDI: ("जनवरी", "फ़रवरी", "मार्च", "अप्रैल", "मई", "जून", "जुलाई", "अगस्त", "सितंबर", "अक्टूबर", "नवंबर", "दिसंबर"),
    HINGLISH: ("janvari", "farvari", "march", "aprail", "mai", "joon", "julai", "agast", "sitambar", "aktubar", "navambar",
               "disambar"),
}
# What people say, or put, between the digits that they spell.
_GAPS = {
    ENGLISH: (" ", " ", " ", " ", "-", ", ", "... ", " umm ", " uhh ", " 😀 ", " / "),
    HINDI: (" ", " ", " ", " ", "-", ", ", "... ", " उम ", " मतलब ", " 😀 ", " / "),
    HINGLISH: (" ", " ", " ", " ", "-", ", ", "... ", " umm ", " matlab ", " 😀 ", " / "),
}
# Digits that are none of ASCII's, and ways to hide ASCII's.
_DISGUISES = (
    lambda digit: "⓪①②③④⑤⑥⑦⑧⑨"[digit], lambda digit: "⓿❶❷❸❹❺❻❼❽❾"[digit], lambda digit: "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit],
    lambda digit: chr(0x1D7CE + digit), lambda digit: chr(0xFF10 + digit), lambda digit: chr(0x966 + digit), lambda digit: chr(0x660 + digit),
    lambda digit: f"{digit}\ufe0f\u20e3", lambda digit: f"{digit}\u200b", lambda digit: f"{digit}\u00ad", lambda digit: f"{digit}\U000e0001",
    lambda digit: "〇一二三四五六七八九"[digit],
)
_BANKS = ("okaxis", "oksbi", "okhdfcbank", "ybl", "paytm", "upi")
_NAMES = ("asha", "ramesh", "priya.nair", "m_khan", "sunita")
_HOSTS = ("gmail", "yahoo", "outlook", "rediffmail", "hotmail")

_PROMPTED = {
    ENGLISH: ("{}", "it is {}", "{} please", "sure, {}", "here you go: {}", "my answer is {} thanks", "umm {} I think"),
    HINDI: ("{}", "यह है {}", "जी {} है", "मेरा {} है", "लिखिए {}", "हाँ तो {}"),
    HINGLISH: ("{}", "ye hai {}", "ji {} hai", "mera {} hai", "likhiye {}", "haan to {} hai bhai"),
}
_UNPROMPTED = {
    ENGLISH: ("what is the balance of the card ending {}", "my card {} does not work abroad", "is {} still blocked?",
              "please check {} for me", "I told you {} yesterday", "use {} from now on", "the shop wrote down {}"),
    HINDI: ("मेरे कार्ड {} का बैलेंस बताइए", "कार्ड {} नहीं चल रहा", "मैंने {} लिखवाया था", "कृपया {} देख लीजिए", "{} वाला कार्ड बंद क्यों है"),
    HINGLISH: ("mere card {} ka balance batao", "card {} nahi chal raha", "maine {} likhwaya tha", "please {} check karo",
               "{} wala card band kyun hai"),
}


class Planted(NamedTuple):
    language: str
    kind: str
    value: str
    text: str


def prompted(count: int, seed: int = 1) -> Iterator[Planted]:
    """Answers to an open question: all of them hold a value in words."""
    return _messages(count, seed, _PROMPTED)


def unprompted(count: int, seed: int = 2) -> Iterator[Planted]:
    """Messages that nobody asked for, each with one value in words among other words."""
    return _messages(count, seed, _UNPROMPTED)


def _messages(count: int, seed: int, templates: dict[str, tuple[str, ...]]) -> Iterator[Planted]:
    chance = random.Random(seed)
    languages = tuple(templates)
    for number in range(count):
        language = languages[number % 3]
        kind, value = chance.choice(_KINDS)(language, chance)
        yield Planted(language, kind, value, chance.choice(templates[language]).format(value))


def _word(language: str, digit: int, chance: random.Random) -> str:
    word = DIGITS[language][digit]
    return chance.choice(_OTHER_SPELLINGS.get(word, (word,)))


def _spelled(language: str, count: int, chance: random.Random) -> str:
    gap = chance.choice(_GAPS[language])
    return gap.join(_word(language, chance.randrange(10), chance) for _ in range(count))


def _pair(language: str, chance: random.Random) -> str:
    if language == ENGLISH:
        tens, unit = chance.randrange(2, 10), chance.randrange(10)
        if chance.random() < 0.2:
            return _TEENS[unit]
        return _TENS[tens] + (chance.choice((" ", "-")) + DIGITS[ENGLISH][unit] if unit else "")
    return chance.choice(list((_HINDI_PAIRS if language == HINDI else _HINGLISH_PAIRS).values()))


def _last_four(language: str, chance: random.Random) -> tuple[str, str]:
    style = chance.random()
    if style < 0.5:
        return "four_digits", _spelled(language, 4, chance)
    if style < 0.65:
        double = {ENGLISH: "double", HINDI: "डबल", HINGLISH: "double"}[language]
        return "four_digits", f"{double} {_word(language, 5, chance)} {_spelled(language, 2, chance)}"
    return "four_digits", f"{_pair(language, chance)} {_word(language, 0, chance)} {_word(language, 7, chance)}"


def _mobile(language: str, chance: random.Random) -> tuple[str, str]:
    return "phone_number", f"{_word(language, 9, chance)} {_spelled(language, 9, chance)}"


def _expiry(language: str, chance: random.Random) -> tuple[str, str]:
    year = {ENGLISH: "twenty twenty seven", HINDI: "दो हज़ार सत्ताईस", HINGLISH: "do hazaar sattaees"}[language]
    return "month_and_year", f"{chance.choice(_MONTHS[language])} {year}"


def _birth_date(language: str, chance: random.Random) -> tuple[str, str]:
    year = {ENGLISH: "nineteen ninety three", HINDI: "उन्नीस सौ तिरानवे", HINGLISH: "unnees sau tiranve"}[language]
    return "date", f"{_pair_of_days(language, chance)} {chance.choice(_MONTHS[language])} {year}"


def _pair_of_days(language: str, chance: random.Random) -> str:
    days = {
        ENGLISH: ("eleven", "twenty one", "thirty", "fifteenth", "second", "twenty third", "11th"),
        HINDI: ("ग्यारह", "इक्कीस", "तीस", "पंद्रह", "२३"),
        HINGLISH: ("gyarah", "ikkees", "tees", "pandrah", "23"),
    }
    return chance.choice(days[language])


def _email(language: str, chance: random.Random) -> tuple[str, str]:
    at = chance.choice(("at", "at the rate", "(at)") if language != HINDI else ("एट", "at the rate"))
    dot = {ENGLISH: "dot", HINDI: "डॉट", HINGLISH: "dot"}[language]
    top = "कॉम" if language == HINDI else "com"
    name = chance.choice((*_NAMES, f"john {dot} doe"))
    return "email", f"{name} {at} {chance.choice(_HOSTS)} {dot} {top}"


def _payment_address(language: str, chance: random.Random) -> tuple[str, str]:
    name = chance.choice((*_NAMES, f"{chance.choice(_NAMES)}{chance.randrange(100)}", f"98{chance.randrange(10**8):08}"))
    at = chance.choice(("@", "@", " at ", " at the rate "))
    return "payment_address", f"{name}{at}{chance.choice(_BANKS)}"


def _disguised(language: str, chance: random.Random) -> tuple[str, str]:
    """Last four: in one strange script, or each digit now as a sign and now as a word."""
    if chance.random() < 0.7:
        write = chance.choice(_DISGUISES)
        return "four_digits", "".join(write(chance.randrange(10)) for _ in range(4)).rstrip("\u200b\u00ad\U000e0001\u20e3\ufe0f")
    first, last = _word(language, 8, chance), _word(language, 5, chance)
    return "four_digits", f"{first} {chance.randrange(10)} {last} {chance.randrange(10)}"


def _mistyped(language: str, chance: random.Random) -> tuple[str, str]:
    """Letters held down; in the other two languages that is a spelling like any other."""
    if language != ENGLISH:
        return "four_digits", _spelled(language, 4, chance)
    words = [chance.choice(("eeight", "eigth", "fivee", "threee", "sevven", "nnine", "zeero")) for _ in range(4)]
    return "four_digits", " ".join(words)


_KINDS = (_last_four, _last_four, _mobile, _expiry, _birth_date, _email, _payment_address, _disguised, _mistyped)
