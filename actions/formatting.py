"""How amounts, dates, cards and contacts are written for a cardholder."""
from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

INDIA = ZoneInfo("Asia/Kolkata")


def rupees(paise: int) -> str:
    """An amount with Indian grouping.

    >>> rupees(10_000_000), rupees(-123456), rupees(5)
    ('₹1,00,000.00', '-₹1,234.56', '₹0.05')
    """
    whole, part = divmod(abs(paise), 100)
    sign = "-" if paise < 0 else ""
    return f"{sign}₹{_indian_groups(whole)}.{part:02d}"


def _indian_groups(whole: int) -> str:
    digits = str(whole)
    head, tail = digits[:-3], digits[-3:]
    pairs: list[str] = []
    while head:
        pairs.insert(0, head[-2:])
        head = head[:-2]
    return ",".join([*pairs, tail])


def day(value: date) -> str:
    """A date, day first.

    >>> day(date(1993, 7, 11))
    '11-07-1993'
    """
    return value.strftime("%d-%m-%Y")


def month_and_year(expiry: str) -> str:
    """A card's expiry of the form MMYY as it stands on the card.

    >>> month_and_year("0827")
    '08/27'
    """
    return f"{expiry[:2]}/{expiry[2:]}"


def clock_time(at: float) -> str:
    """A moment (unix seconds) as the time of day in India.

    >>> clock_time(0.0)
    '05:30'
    """
    return datetime.fromtimestamp(at, INDIA).strftime("%H:%M")


def ends(last_four: str) -> str:
    """How a card is named.

    >>> ends("8305")
    'ends 8305'
    """
    return f"ends {last_four}"


def mask_mobile(mobile: str) -> str:
    """A mobile of the form 91XXXXXXXXXX with its last four digits alone.

    >>> mask_mobile("919876547706"), mask_mobile("")
    ('+91 ******7706', '***')
    """
    return f"+91 ******{mobile[-4:]}" if len(mobile) >= 10 else "***"


def mask_email(email: str) -> str:
    """An address with the first two characters of its name, the first one of a short name.

    >>> mask_email("asha.verma@example.com"), mask_email("jo@example.com"), mask_email("nothing")
    ('as***@example.com', 'j***@example.com', '***')
    """
    name, at, domain = email.rpartition("@")
    if not at:
        return "***"
    return f"{name[:2] if len(name) > 2 else name[:1]}***@{domain}"


def mobile_in_full(mobile: str) -> str:
    """A mobile of the form 91XXXXXXXXXX as people write it.

    >>> mobile_in_full("919876547706")
    '+91 98765 47706'
    """
    return f"+{mobile[:2]} {mobile[2:7]} {mobile[7:]}"
