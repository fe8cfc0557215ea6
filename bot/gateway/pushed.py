"""What the channels have in common that platforms push to: a webhook, a reception, pseudonyms, calls that may fail."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from sanic import HTTPResponse, Request, Sanic

from actions.guard.recipients import Recipient
from actions.settings import Settings
from bot.gateway.delivery import Envelope, Outcome, Part, TryAgain
from bot.gateway.edge import Inbound
from bot.gateway.outbox import Answer
from bot.gateway.platform_api import PlatformApi, PlatformAway, Reply
from bot.gateway.reception import Reception
from bot.gateway.runtime import Runtime

# How long the operator has to mend what only the operator can: answers are tried again so often meanwhile.
OPERATOR_SECONDS = 60.0


class PushedChannel(ABC):
    """Route /NAME/webhook; a Carrier of answers. See `delivery.Carrier` for what the class variables mean."""

    name: str
    window: float | None = None
    hint: Part | None = None
    reports: bool = False

    def __init__(self, runtime: Runtime, settings: Settings, api: PlatformApi) -> None:
        self._runtime = runtime
        self._settings = settings
        self._api = api
        self._reception = Reception(runtime, self._refuse)

    def register(self, app: Sanic) -> None:
        async def webhook(request: Request) -> HTTPResponse:
            return await self.take_webhook(request)

        app.add_route(webhook, f"/{self.name}/webhook", methods=["POST"], name=f"{self.name}_webhook", stream=True)

    @abstractmethod
    async def take_webhook(self, request: Request) -> HTTPResponse:
        """Acknowledge an authentic webhook once what it brings is stored; refuse any other."""

    def send(self, envelope: Envelope) -> Outcome:
        """As `delivery.Carrier` wants it."""
        try:
            return self._outcome(self._deliver(envelope))
        except PlatformAway as error:
            return TryAgain(f"{self.name} is away: {error}")

    @abstractmethod
    def parts(self, answer: Answer, language: str) -> Sequence[Part]:
        """As `delivery.Carrier` wants it."""

    @abstractmethod
    def _deliver(self, envelope: Envelope) -> Reply:
        """Call the platform with one message; raises PlatformAway."""

    @abstractmethod
    def _outcome(self, reply: Reply) -> Outcome:
        """What the platform's answer to a message means."""

    @abstractmethod
    def _text(self, text: str) -> Part:
        """A message of text alone."""

    def _inbound(self, sender: str, message_id: str, content: tuple[str, str], via: str = "") -> Inbound:
        """A message, `content` its kind and text; who writes to several of our numbers holds several talks."""
        pseudonym = self._runtime.edge.pseudonym
        place = (via, sender) if via else (sender,)
        return Inbound(
            conversation=f"{self.name}:{pseudonym('conversation', self.name, *place)}",
            identity=pseudonym("identity", self.name, sender),
            message_id=message_id,
            kind=content[0],
            text=content[1],
            recipient=Recipient(sender, via),
        )

    def _refuse(self, inbound: Inbound, text: str) -> None:
        """Tell a sender something that is in no outbox."""
        if inbound.recipient is not None:
            with suppress(PlatformAway):
                self._deliver(Envelope(inbound.recipient, self._text(text), None))


def code_in(body: Mapping[str, Any], name: str = "code") -> int | None:
    """The number of an error in what a platform answered."""
    code = body.get(name)
    return code if isinstance(code, int) and not isinstance(code, bool) else None
