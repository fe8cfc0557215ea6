"""The one code that Cardbot asks for: six digits, taken whole out of the message that answers the question for it."""

from __future__ import annotations

import re

_SIX = r"[0-9]{6}|[0-9]{3}[ \-][0-9]{3}|[0-9]{2}(?:[ \-][0-9]{2}){2}|[0-9](?:[ \-.,]{1,2}[0-9]){5}"
_CODE = re.compile(rf"(?<![0-9])(?:{_SIX})(?![0-9])")

RESEND = "resend"
AGAIN = "again"
# Outside this question the same words may be about a payment's OTP, or anything else that did not come.
_RESEND = re.compile(
    r"\b(?:re-?send|send|text|sms)\b.{0,25}\b(?:again|another|new|once more)\b|\b(?:another|new|fresh) (?:code|otp|sms)\b|\bresend\b"
    r"|\b(?:not|no|never|didn'?t|did not|haven'?t|hasn'?t)\b.{0,20}\b(?:got|get|gotten|received?|come|came|arrived?|code|sms|otp)\b"
    r"|\b(?:phir|fir|dobara|dubara|wapas|naya)\b.{0,20}\b(?:bhej\w*|code|otp|sms)\b|\b(?:nahi|nahin|nhi)\b.{0,10}\b(?:aaya|aya|mila|aa raha)\b"
    r"|(?:फिर|दोबारा|दुबारा|नया).{0,20}(?:भेज|कोड|ओटीपी)|नहीं.{0,10}(?:आया|मिला|आ रहा)", re.IGNORECASE)
_AGAIN = re.compile(
    r"\b(?:correct|change|check|fix|edit)\b.{0,15}\bdetails\b|\bdetails\b.{0,15}\b(?:sudh[aā]?r\w*|galat|wrong|phir|badal\w*)\b"
    r"|जानकारी.{0,15}(?:सुधार|ग़लत|गलत|फिर|बदल)", re.IGNORECASE)


def wish_in(text: str) -> str:
    """What a plain text without a code wishes for while one is asked for: another code, or to give the details again.

    >>> [wish_in(text) for text in ("I didn't get the code", "Correct my details", "OTP nahi aaya", "what is this?")]
    ['resend', 'again', 'resend', '']
    """
    return RESEND if _RESEND.search(text) else AGAIN if _AGAIN.search(text) else ""


def code_in(text: str) -> str | None:
    """The six digits of a plain text whose number words have become digits; None if it holds others too, or none.

    >>> [code_in(text) for text in ("123456", "OTP is 123-456.", "1 2 3 4 5 6", "1234567", "123456 or 654321")]
    ['123456', '123456', '123456', None, None]
    """
    found = [match.group() for match in _CODE.finditer(text)]
    if len(found) != 1 or re.search(r"[0-9]", _CODE.sub("", text)):
        return None
    return re.sub(r"[^0-9]", "", found[0])
