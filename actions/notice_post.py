"""A courier over HTTP: each notice is posted to an address of the operator's, who has SMS and mail behind it."""

from __future__ import annotations

import hashlib
import hmac
import json

import requests

from actions.guard.notices import Notice
from actions.settings import Secret, Settings

TIMEOUTS = (2.0, 6.0)
_BY = {"email": "mail", "mobile": "sms"}


class PostedNotices:
    """Posts JSON (id, reference, by, to, language, text), signed; any 2xx means that the notice is on its way.

    The header X-Cardbot-Signature is "sha256=" and the HMAC of the body in hex. A notice may come twice with one id.
    """

    def __init__(self, url: str, secret: Secret) -> None:
        self._url = url
        self._secret = secret

    def give(self, notice: Notice, text: str) -> bool:
        said = {
            "id": f"{notice.reference}-{notice.whose}",
            "reference": notice.reference,
            "by": _BY[notice.field],
            "to": notice.address,
            "language": notice.language,
            "text": text,
        }
        body = json.dumps(said, ensure_ascii=False).encode()
        signature = hmac.digest(self._secret.reveal().encode(), body, hashlib.sha256).hex()
        with requests.Session() as session:
            session.trust_env = False  # the environment's proxies and passwords are not for these
            answer = session.post(
                self._url,
                data=body,
                headers={"Content-Type": "application/json", "X-Cardbot-Signature": f"sha256={signature}"},
                timeout=TIMEOUTS,
                allow_redirects=False,
            )
            return 200 <= answer.status_code < 300


def posted_notices(settings: Settings) -> PostedNotices | None:
    """The courier that the settings name, if they do."""
    return PostedNotices(settings.notice_url, settings.notice_secret) if settings.notice_url else None
