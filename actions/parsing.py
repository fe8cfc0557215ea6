"""What a cardholder typed, as typed values: parse_x, is_x and mask_x for cards, dates and contacts."""
from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import ClassVar

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from actions.addresses import addresses, written
from actions.formatting import mask_email, mask_mobile
from actions.number_words import numeric_view
from actions.plain_text import plain
from actions.shapes import day_of, month_number

__all__ = [
    "AmbiguousDigits", "ImpossibleMonth", "NoSuchDay", "NotADate", "NotAMobile", "NotAnAge", "NotAnEmail", "NotAnExpiry",
    "NotFourDigits", "ParseError", "YearMissing", "is_date_of_birth", "is_email", "is_expiry", "is_last_four", "is_mobile",
    "mask_date_of_birth", "mask_email", "mask_expiry", "mask_last_four", "mask_mobile", "parse_date_of_birth",
    "parse_email", "parse_expiry", "parse_last_four", "parse_mobile", "readable",
]

YOUNGEST, OLDEST = 5, 120


class ParseError(ValueError):
    """The text does not hold the value; `reason` names a sentence of domain.yml, never what was typed."""

    reason: ClassVar[str] = "not_understood"

    def __init__(self) -> None:
        super().__init__(self.reason)


class NotFourDigits(ParseError):
    """Not exactly four digits: count them again on the card."""

    reason = "not_four_digits"


class AmbiguousDigits(ParseError):
    """Four digits that can be the last four or the expiry: say which."""

    reason = "ambiguous_digits"


class NotAnExpiry(ParseError):
    """No month and year: as on the card, MM/YY."""

    reason = "not_an_expiry"


class ImpossibleMonth(ParseError):
    """A month beyond 12."""

    reason = "impossible_month"


class NotADate(ParseError):
    """No day, month and year: day first."""

    reason = "not_a_date"


class YearMissing(ParseError):
    """A day and a month alone."""

    reason = "year_missing"


class NoSuchDay(ParseError):
    """A day that its month does not have."""

    reason = "no_such_day"


class NotAnAge(ParseError):
    """A birth date in the future, or of someone under 5 or over 120."""

    reason = "not_an_age"


class NotAMobile(ParseError):
    """Not an Indian mobile number of ten digits."""

    reason = "not_a_mobile"


class NotAnEmail(ParseError):
    """Not an e-mail address: name, @, domain."""

    reason = "not_an_email"


_LAST_FOUR_ASKED = re.compile(
    r"\blast[\s\-]?(?:4|four)\b(?!\s*[0-9]{1,3}\b)|\b(?:4|four)[\s\-]?(?:digits?|nos?|numbers?|ank)\b|4\s?अंक", re.IGNORECASE)
_MASKED = re.compile(r"[xX*•#.]{2,}[\s\-]*(?=[0-9]|\b)")


def readable(text: str) -> str:
    """The text in plain characters, number words as digits, without masked digits and "last 4"."""
    said = _MASKED.sub(" ", plain(text)) if re.search(r"[xX*•#]{2,}", text) else plain(text)
    return numeric_view(_LAST_FOUR_ASKED.sub(" ending ", said)).text


def parse_last_four(text: str) -> str:
    """The last four digits of a card.

    >>> parse_last_four("ends with 8 3 0 5"), parse_last_four("eighty three zero five"), parse_last_four("xxxx-८३०५")
    ('8305', '8305', '8305')
    """
    digits = "".join(re.findall(r"[0-9]", readable(text)))
    if len(digits) != 4:
        raise NotFourDigits
    return digits


def parse_expiry(text: str) -> str:
    """A card's expiry as MMYY; a past one is no error, since expired cards hold money too.

    >>> [parse_expiry(t) for t in ("8/27", "0827", "Aug 2027", "08-2027", "अगस्त 27", "august twenty twenty seven")]
    ['0827', '0827', '0827', '0827', '0827', '0827']
    """
    said = readable(text)
    numbers = re.findall(r"[0-9]+", said)
    named = month_number(said)
    if named is not None:
        if len(numbers) != 1:
            raise NotAnExpiry
        return f"{named:02d}{_short_year(numbers[0])}"
    if len(numbers) == 1 and len(numbers[0]) in (4, 6):
        numbers = [numbers[0][:2], numbers[0][2:]]
    elif len(numbers) == 1 and re.fullmatch(r"[1-9]20[0-9]{2}", numbers[0]):
        numbers = [numbers[0][0], numbers[0][1:]]
    elif len(numbers) == 4 and all(len(number) == 1 for number in numbers):
        numbers = ["".join(numbers[:2]), "".join(numbers[2:])]
    if len(numbers) == 2 and len(numbers[0]) == 4 and len(numbers[1]) <= 2:
        numbers.reverse()
    if len(numbers) != 2 or len(numbers[0]) > 2:
        raise NotAnExpiry
    if not 1 <= int(numbers[0]) <= 12:
        raise ImpossibleMonth
    return f"{int(numbers[0]):02d}{_short_year(numbers[1])}"


def _short_year(year: str) -> str:
    if len(year) == 2:
        return year
    if len(year) == 4 and year.startswith("20"):
        return year[2:]
    raise NotAnExpiry


def parse_date_of_birth(text: str, *, today: date) -> date:
    """A birth date, day first as Indians write it; a year of two digits is the latest that gives an age.

    >>> on = date(2026, 11, 22)
    >>> [str(parse_date_of_birth(t, today=on)) for t in ("11/7/93", "11071993", "11th of July, 1993", "1993-07-11")]
    ['1993-07-11', '1993-07-11', '1993-07-11', '1993-07-11']
    """
    said = readable(text)
    born = _day_month_year(said, today)
    found = day_of(*born)
    if not 1 <= born[1] <= 12:
        raise ImpossibleMonth
    if found is None:
        raise NoSuchDay
    if not YOUNGEST <= _age(found, today) <= OLDEST:
        raise NotAnAge
    return found


def _day_month_year(said: str, today: date) -> tuple[int, int, int]:
    numbers = re.findall(r"[0-9]+", said)
    named = month_number(said)
    if named is not None:
        numbers = [re.sub(r"^(?=.$)", "0", number) for number in numbers]
        if len(numbers) == 1:
            raise YearMissing if len(numbers[0]) <= 2 else NotADate
        if len(numbers) != 2:
            raise NotADate
        numbers = [numbers[1], str(named), numbers[0]] if len(numbers[0]) == 4 else [numbers[0], str(named), numbers[1]]
    else:
        numbers = _cut(numbers)
    if len(numbers) != 3 or len(numbers[0]) > 2 or len(numbers[1]) > 2 or len(numbers[2]) not in (2, 4):
        raise NotADate
    day, month = int(numbers[0]), int(numbers[1])
    return _full_year(numbers[2], month, day, today), month, day


def _cut(numbers: list[str]) -> list[str]:
    """Day, month and year of digits that were glued, spelled one by one or written year first."""
    if len(numbers) in (6, 8) and all(len(number) == 1 for number in numbers):
        numbers = ["".join(numbers)]
    if len(numbers) == 1 and len(numbers[0]) in (6, 8):
        glued = numbers[0]
        if len(glued) == 8 and glued[:2] in ("19", "20") and not 1 <= int(glued[2:4]) <= 12 and int(glued[4:6]) <= 12:
            return [glued[6:], glued[4:6], glued[:4]]
        return [glued[:2], glued[2:4], glued[4:]]
    if len(numbers) == 2 and len(numbers[0]) == 4 and len(numbers[1]) == 4:
        return [numbers[0][:2], numbers[0][2:], numbers[1]]
    if len(numbers) == 3 and len(numbers[0]) == 4:
        return numbers[::-1]
    if len(numbers) == 2 and all(len(number) <= 2 for number in numbers):
        raise YearMissing
    return numbers


def _full_year(year: str, month: int, day: int, today: date) -> int:
    if len(year) == 4:
        return int(year)
    recent = 2000 + int(year)
    found = day_of(recent, month, day) or date(recent, 12, 31)
    return recent if _age(found, today) >= YOUNGEST else recent - 100


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def parse_mobile(text: str) -> str:
    """An Indian mobile number as the bank keeps it, 91 and ten digits.

    >>> [parse_mobile(t) for t in ("98765 43210", "+91-98765-43210", "my new number is 09876543210")]
    ['919876543210', '919876543210', '919876543210']
    """
    said = readable(text)
    digits = "".join(re.findall(r"[0-9]", said))
    national = re.fullmatch(r"(?:0{0,2}91)?0?([6-9][0-9]{9})", digits)
    if national is None or ("+" in said and not digits.startswith("91")):
        raise NotAMobile
    number = phonenumbers.PhoneNumber(country_code=91, national_number=int(national[1]))
    kinds = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in kinds:
        raise NotAMobile
    return f"91{national[1]}"


def parse_email(text: str) -> str:
    """An e-mail address, also spoken; nobody is asked whether its domain exists. Of a written one nothing is a number word.

    >>> parse_email("it is asha dot two at gmail dot com"), parse_email("mine: Asha.Two@Example.COM")
    ('asha.2@gmail.com', 'Asha.Two@example.com')
    """
    typed = plain(text)
    said = typed if "@" in typed else numeric_view(typed).text
    found = [said[each.start:each.end] for each in addresses(said)]
    if len(found) > 1:
        raise NotAnEmail
    try:
        checked = validate_email(written(found[0] if found else said), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise NotAnEmail from None
    return checked.normalized


def _succeeds(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ParseError:
        return False
    return True


def is_last_four(text: str) -> bool:
    return _succeeds(parse_last_four, text)


def is_expiry(text: str) -> bool:
    return _succeeds(parse_expiry, text)


def is_date_of_birth(text: str, *, today: date) -> bool:
    return _succeeds(lambda typed: parse_date_of_birth(typed, today=today), text)


def is_mobile(text: str) -> bool:
    return _succeeds(parse_mobile, text)


def is_email(text: str) -> bool:
    return _succeeds(parse_email, text)


def mask_last_four(last_four: str) -> str:
    """Four stars."""
    return "*" * len(last_four)


def mask_expiry(expiry: str) -> str:
    """No digit of it."""
    return "**/**" if expiry else ""


def mask_date_of_birth(born: date) -> str:
    """No digit of it."""
    return "**-**-****"
