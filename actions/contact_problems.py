"""Why a text is no e-mail address or mobile number that can be used, as far as that is plain to see."""

from __future__ import annotations

import re

from actions.addresses import addresses
from actions.parsing import readable
from actions.plain_text import plain
from actions.shapes import PHONE_NUMBER, shapes

# Each names a response of domain.yml: utter_{problem}.
PROBLEMS = (
    "mobile_too_short", "mobile_too_long", "mobile_abroad", "several_mobiles", "wrong_mobile",
    "email_without_at", "email_without_domain", "several_emails", "wrong_email",
)  # fmt: skip


def problem_with(field: str, text: str) -> str:
    """What is wrong with a new e-mail or mobile that could not be read.

    >>> problem_with("mobile", "98765 4321"), problem_with("mobile", "+1 202 555 0143"), problem_with("mobile", "2876543210")
    ('mobile_too_short', 'mobile_abroad', 'wrong_mobile')
    >>> problem_with("email", "asha.gmail.com"), problem_with("email", "asha@gmail"), problem_with("email", "a..b@x.com")
    ('email_without_at', 'email_without_domain', 'wrong_email')
    >>> problem_with("email", "a@b.com or c@d.com"), problem_with("mobile", "98765 43210 ya 98765 43211")
    ('several_emails', 'several_mobiles')
    """
    return _with_mobile(text) if field == "mobile" else _with_email(text)


def _with_mobile(text: str) -> str:
    said = readable(text)
    if sum(shape.kind == PHONE_NUMBER for shape in shapes(said)) > 1:
        return "several_mobiles"
    digits = "".join(re.findall(r"[0-9]", said))
    if "+" in said and not digits.startswith("91"):
        return "mobile_abroad"
    national = re.sub(r"^(?:00|0)?(?:91)?(?=[0-9]{10,})", "", digits)
    if not digits or len(national) == 10:
        return "wrong_mobile"
    return "mobile_too_short" if len(national) < 10 else "mobile_too_long"


def _with_email(text: str) -> str:
    said = plain(text)
    if len(addresses(said)) > 1:
        return "several_emails"
    if "@" not in said:
        return "wrong_email" if addresses(said) else "email_without_at"
    domain = said.rpartition("@")[2].split()
    return "wrong_email" if domain and "." in domain[0].strip(".") else "email_without_domain"
