"""The terminal as a channel: one conversation, details asked for one by one and not shown while typed."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from bot.gateway.edge import DETAIL_FIELDS, Inbound
from bot.gateway.outbox import Sending
from bot.gateway.runtime import Runtime

_PROMPTS = {
    "last_four": "  last four digits: ",
    "card_expiry": "  expiry (MM/YY): ",
    "date_of_birth": "  date of birth (DD-MM-YYYY): ",
}
QUIET_SECONDS = 0.4
WAIT_SECONDS = 30.0


class Terminal:
    """`ask` reads a line, `ask_secretly` one that is not echoed, `tell` prints one. EOFError ends the talk."""

    def __init__(
        self,
        runtime: Runtime,
        ask: Callable[[str], str],
        ask_secretly: Callable[[str], str],
        tell: Callable[[str], None],
    ) -> None:
        self._runtime = runtime
        self._ask = ask
        self._ask_secretly = ask_secretly
        self._tell = tell
        self._conversation = "terminal:" + secrets.token_hex(16)
        self._identity = runtime.edge.pseudonym("identity", "terminal", "operator")
        self._position = 0
        self._buttons: list[dict[str, str]] = []
        self._card = False

    def talk(self) -> None:
        """Until end of file; an empty line is asked again."""
        self._tell("Write to Cardbot; a number presses a button; Ctrl-D ends.")
        while True:
            if self._card:
                self._send_details()
            else:
                self._send_line(self._ask("> ").strip())

    def _send_line(self, line: str) -> None:
        if not line:
            return
        if line.isascii() and line.isdigit() and 0 < int(line) <= len(self._buttons):
            self._send("button", text=self._buttons[int(line) - 1]["id"])
        else:
            self._send("text", text=line)

    def _send_details(self) -> None:
        self._card = False
        self._tell("(What you type now is not shown. Leave all three empty to write instead.)")
        fields = {name: self._ask_secretly(_PROMPTS[name]).strip() for name in DETAIL_FIELDS}
        if any(fields.values()):
            self._send("details", fields=fields)

    def _send(self, kind: str, text: str = "", fields: dict[str, str] | None = None) -> None:
        message_id = f"{self._conversation}:{secrets.token_hex(8)}"
        inbound = Inbound(self._conversation, self._identity, message_id, kind, text, fields or {})
        receipt = self._runtime.edge.receive(inbound)
        if receipt.refusal is not None:
            self._tell(receipt.refusal_text)
            return
        self._wait_for_answers()

    def _wait_for_answers(self) -> None:
        """Print what comes, until it has been quiet for a moment after the first answer."""
        first_by, quiet_since = time.monotonic() + WAIT_SECONDS, None
        while time.monotonic() < first_by if quiet_since is None else time.monotonic() - quiet_since < QUIET_SECONDS:
            with self._runtime.services.storage.read() as conn:
                lines, sendings = self._runtime.after_in(conn, self._conversation, self._position)
            for line in lines:
                self._position = line.position
                if line.who != "you" and line.position in sendings:
                    self._show(sendings[line.position])
                    quiet_since = time.monotonic()
            time.sleep(0.05)
        self._runtime.shown({self._conversation: self._position})

    def _show(self, sending: Sending) -> None:
        self._tell(sending.answer.filled())
        self._buttons = [dict(button) for button in sending.answer.buttons] or self._buttons
        for number, button in enumerate(sending.answer.buttons, start=1):
            self._tell(f"  [{number}] {button['title']}")
        self._card = sending.answer.card is not None
