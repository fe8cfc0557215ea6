"""What must not exist: full card numbers, CVV, PIN, one-time codes, Aadhaar and PAN numbers that somebody typed."""
from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from actions.contact_details import URN_DIGITS
from actions.shapes import Group, clusters, day_of, has_digits

CARD_NUMBER = "card number"
CVV = "CVV"
PIN = "PIN"
ONE_TIME_CODE = "one-time code"
AADHAAR = "Aadhaar number"
PAN = "PAN number"


class Forbidden(NamedTuple):
    """A value at `start:end` of the text that may not be kept."""

    kind: str
    start: int
    end: int


class _Context(NamedTuple):
    """What the rest of the talk says: the message speaks of Aadhaar, a mobile was asked for, or a URN."""

    named: bool
    phone_expected: bool
    urn_expected: bool


_CARD_STARTS = {
    13: r"4", 14: r"30[0-5]|3[689]", 15: r"3[47]|2014|2149", 16: r"4|5[0-8]|2[2-7]|6|35|8[12]|3[068]",
    17: r"62|5[06-8]|6", 18: r"62|5[06-8]|6", 19: r"4|62|5[06-8]|6|35",
}
_PAN_NUMBER = re.compile(
    r"(?<![^\W_])[A-Za-z]{3}[PCHABGJLFTpchabgjlft][A-Za-z][\s\-]?[0-9]{4}[\s\-]?[A-Za-z](?![^\W_])")
_PAN_WORD = re.compile(r"(?<![^\W_])(?:pan|पैन)(?![^\W_])", re.IGNORECASE)
_AADHAAR_WORD = re.compile(r"aa?dh?aa?r|uidai|आधार", re.IGNORECASE)
_FILLER = (
    r"(?:[\s:=\-–.,'\"#*()]|(?:is|was|no|num|number|code|ka|ki|ke|hai|h|he|tha|thi|aaya|aya|mera|meri|my|the|a|it|its|it's|"
    r"to|also|and|aur|hi|for|card|i|got|received|है|हैं|का|की|नंबर|मेरा|मेरी|आया|और|को)(?![^\W_]|[\u0900-\u0963]))"
)


def _digits(least: int, most: int) -> str:
    """So many digits together, one by one, or in two halves."""
    return (rf"(?:[0-9]{{{least},{most}}}|[0-9](?:[\s\-.,]{{1,3}}[0-9]){{{least - 1},{most - 1}}}"
            rf"|[0-9]{{2}}(?:[\s\-][0-9]{{2}}){{{least // 2 - 1 or 1},{most // 2 - 1}}}"
            rf"|[0-9]{{2,{most // 2}}}[\s\-][0-9]{{2,{most // 2}}})")


_WORDS = {
    CVV: (r"cvv2?|cvc2?|cvn|csc|cv\s?v|security\s?code|सीवीवी|सी\s?वी\s?वी", _digits(3, 4)),
    ONE_TIME_CODE: (
        r"otp|o\.t\.p\.?|one[\s\-]?time\s?(?:password|pin|code|passcode)|verification\s?code|passcode|ओटीपी|ओ\s?टी\s?पी",
        _digits(4, 8)),
    PIN: (r"(?:atm|upi|card|m|t)?[\s\-]?pin|पिन|password|passwd|पासवर्ड", _digits(4, 6)),
}
_EDGE_BEFORE, _EDGE_AFTER = r"(?<![^\W_])(?<![\u0900-\u0963])", r"(?![^\W\d_])(?![\u0900-\u0963])"
_NEXT_TO_WORD = tuple(
    (kind, re.compile(
        rf"{_EDGE_BEFORE}(?:{word}){_EDGE_AFTER}{_FILLER}{{0,24}}(?<![0-9])(?P<after>{digits})(?![0-9])"
        rf"|(?<![0-9/.\-])(?P<before>{digits})(?![0-9/])(?:\s|is|was|my|mera|meri|the|-|=|है|hai|मेरा){{0,12}}"
        rf"{_EDGE_BEFORE}(?:{word}){_EDGE_AFTER}(?!{_FILLER}{{0,24}}[0-9])", re.IGNORECASE))
    for kind, (word, digits) in _WORDS.items()
)
_PIN_CODE = re.compile(r"pin\s?-?\s?code[^0-9]{0,12}[1-9][0-9]{2}\s?[0-9]{3}$|पिन\s?कोड[^0-9]{0,12}[1-9][0-9]{5}$",
                       re.IGNORECASE)


def forbidden(text: str, *, phone_expected: bool = False, urn_expected: bool = False) -> list[Forbidden]:
    """What may not be kept in a plain text whose number words have become digits, left to right.

    >>> forbidden("my card is 4111 1111 1111 1111, cvv 123")
    [Forbidden(kind='card number', start=11, end=30), Forbidden(kind='CVV', start=36, end=39)]
    """
    found: list[Forbidden] = []
    if not has_digits(text):
        return found
    named = _AADHAAR_WORD.search(text) is not None
    for groups in clusters(text):
        found += _in_cluster(text, groups, _Context(named, phone_expected, urn_expected))
    found += _pan_numbers(text)
    for kind, pattern in _NEXT_TO_WORD:
        for match in pattern.finditer(text):
            name = "after" if match["after"] else "before"
            start, end = match.span(name)
            postal = kind == PIN and _PIN_CODE.search(text, match.start(), end)
            if not postal and all(end <= other.start or start >= other.end for other in found):
                found.append(Forbidden(kind, start, end))
    return sorted(found, key=lambda each: each.start)


def _pan_numbers(text: str) -> Iterator[Forbidden]:
    for match in _PAN_NUMBER.finditer(text):
        joined = len(match.group()) == 10
        if joined or match.group().isupper() or _PAN_WORD.search(text):
            yield Forbidden(PAN, match.start(), match.end())


def _in_cluster(text: str, groups: list[Group], context: _Context) -> Iterator[Forbidden]:
    index = 0
    while index < len(groups):
        if context.urn_expected and len(groups[index].digits) == URN_DIGITS:
            index += 1  # with what follows it would pass for a card number one time in ten
            continue
        count, kind = _window(text, groups, index, context)
        details = _details_from(groups, index)
        if details >= count and details and not (kind == AADHAAR and context.named):
            index += details  # one in ten holds an Aadhaar number by chance, one in a hundred a card number
            continue
        if kind:
            yield Forbidden(kind, groups[index].start, groups[index + count - 1].end)
        index += count


def _window(text: str, groups: list[Group], index: int, context: _Context) -> tuple[int, str]:
    """How many groups from here on make one forbidden number, or (1, "")."""
    digits = ""
    best = (1, "")
    for count, group in enumerate(groups[index:index + 24], 1):
        digits += group.digits
        if len(digits) > 19:
            if count == 1 and any(is_card_number(digits[at:at + 16]) for at in range(len(digits) - 15)):
                return 1, CARD_NUMBER
            break
        window = groups[index:index + count]
        if _is_card(digits, window) and not _reads_as_details(window, digits):
            best = (count, CARD_NUMBER)
        elif len(digits) == 12 and best[1] == "" and _is_aadhaar(text, digits, window, context):
            best = (count, AADHAAR)
    return best


def _is_card(digits: str, window: list[Group]) -> bool:
    if not is_card_number(digits) or re.match(r"(?:00|0)?91?0?[6-9][0-9]{9}$", digits):
        return False
    sizes = {len(group.digits) for group in window}
    even = len(window) == 1 or (sizes == {4} and len(digits) == 16) or sizes == {1}
    return (even and len(digits) >= 15) or re.match(_CARD_STARTS[len(digits)], digits) is not None


def _reads_as_details(window: list[Group], digits: str) -> bool:
    """8305 08/27 11-07-1993 in one breath: last four, expiry and birth date, in any order or glued."""
    sizes = [len(group.digits) for group in window]
    if len(window) > 1 and len(set(sizes)) == 1 and sizes[0] != 4:
        return False
    for pattern in ("FED", "FDE", "EFD", "EDF", "DFE", "DEF", "FD", "DF"):
        if _fits(digits, pattern, _cuts(sizes)):
            return True
    return False


def _details_from(groups: list[Group], index: int) -> int:
    """How many groups from here on read as the three details, or as two of them; 0 if they do not."""
    for count in range(min(8, len(groups) - index), 1, -1):
        window = groups[index:index + count]
        if _reads_as_details(window, "".join(group.digits for group in window)):
            return count
    return 0


def _cuts(sizes: list[int]) -> set[int]:
    cuts, at = {0}, 0
    for size in sizes:
        at += size
        cuts.add(at)
    return cuts


def _fits(digits: str, pattern: str, cuts: set[int], at: int = 0) -> bool:
    if not pattern:
        return at == len(digits)
    for size in {"F": (4,), "E": (4, 6, 3, 5), "D": (8, 6, 7)}[pattern[0]]:
        part, end = digits[at:at + size], at + size
        glued = len(cuts) == 2
        whole = len(part) == size and (end in cuts or glued)
        if whole and _plausible(pattern[0], part, glued=glued) and _fits(digits, pattern[1:], cuts, end):
            return True
    return False


def _plausible(what: str, part: str, *, glued: bool) -> bool:
    if what == "F":
        return True
    if glued and len(part) not in (4, 8):
        return False
    if what == "E":
        width = 2 if len(part) % 2 == 0 else 1
        year = part[width:]
        return 1 <= int(part[:width]) <= 12 and (year.startswith("20") if len(year) == 4 else "15" <= year <= "49")
    year = part[-4:] if len(part) > 6 else "19" + part[-2:]
    rest = part[:-4] if len(part) > 6 else part[:-2]
    if not "1900" <= year <= "2029":
        return False
    return any(day_of(int(year), int(rest[cut:]), int(rest[:cut])) for cut in range(1, len(rest)) if len(rest) - cut <= 2)


def is_card_number(digits: str) -> bool:
    """Thirteen to nineteen digits with Luhn's check digit.

    >>> is_card_number("4111111111111111"), is_card_number("4111111111111112")
    (True, False)
    """
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


_TURNS = ("0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258")
_PRODUCTS = ("0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
             "5987604321", "6598710432", "7659821043", "8765932104", "9876543210")


def is_aadhaar_number(digits: str) -> bool:
    """Twelve digits with Verhoeff's check digit, not beginning with 0 or 1.

    >>> is_aadhaar_number("234123412346"), is_aadhaar_number("234123412347")
    (True, False)
    """
    if len(digits) != 12 or digits[0] in "01":
        return False
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = int(_PRODUCTS[check][int(_TURNS[place % 8][int(digit)])])
    return check == 0


def _is_aadhaar(text: str, digits: str, window: list[Group], context: _Context) -> bool:
    mobile = digits.startswith("91") and digits[2] in "6789"
    plus = text[max(0, window[0].start - 2):window[0].start].strip().endswith("+")
    if mobile and (context.phone_expected or plus or (not context.named and [len(g.digits) for g in window] != [4, 4, 4])):
        return False
    if context.named and [len(group.digits) for group in window] in ([12], [4, 4, 4]):
        return True
    return is_aadhaar_number(digits) and not _reads_as_details(window, digits)
