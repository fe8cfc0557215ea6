"""The engine and the actions as the proof of isolation models them: which request a message is, and what follows; the guard is real."""

from __future__ import annotations

import itertools
import random
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from actions.guard.journal import AlreadySet, InFlight, NoProposal
from actions.guard.journal_change import State
from actions.guard.vault import Direction, VaultMissing
from tests.proofs._disclosure import Judge
from tests.proofs._strangers import Customer, Talk, Turn

# Each reference that was ever made, with whose it is.
References = deque[tuple[str, str, Direction]]

_YES_NO = [{"title": "Yes", "payload": "/affirm"}, {"title": "No", "payload": "/deny"}]
_BUTTONS = [{"title": "Balance", "payload": "/check_balance"}]


class Engine:
    """Thinks about one message after the other; now and then it mixes up conversations."""

    def __init__(self, rng: random.Random, judge: Judge, bank: Mapping[str, Customer], references: References) -> None:
        self._rng = rng
        self._judge = judge
        self._bank = bank
        self._references = references
        self._transactions = itertools.count(1)

    def think(self, talk: Talk, turn: Turn) -> None:
        """What the engine and the actions would do with this message, the guard being real."""
        assert turn.message is not None
        body = turn.message.body
        words = str(body.get("text", ""))
        kinds = {each["kind"] for each in turn.references}
        if self._rng.random() < 0.08:
            self._mistake(talk, turn)
        elif body["kind"] == "button":
            self._decide(talk, turn, body)
        elif body["kind"] == "button_gone":
            turn.answers.append({"text": "That was an earlier question."})
        elif body["kind"] == "details" or "details" in words:
            self._verify(talk, turn)
        elif kinds & {"email", "e_mail", "e-mail"} or "change" in words:
            self._propose(talk, turn)
        elif "balance" in words or "say after me" in words:
            self._tell_balance(talk, turn)
        elif "goodbye" in words:
            turn.runtime.services.sessions.end(talk.conversation, "log out")
            self._judge.ends(talk)
            turn.answers.append({"text": "Goodbye."})
        elif "new mobile" in words:
            self._change_mobile(talk, turn)
        else:
            turn.answers.append({"text": "Hello."})

    def _opened(self, talk: Talk, turn: Turn) -> list[str]:
        """The values of this very message; none once they are too old."""
        vault = turn.runtime.services.vault
        try:
            return [vault.open(talk.conversation, Direction.IN, each["ref"]) for each in turn.references]
        except VaultMissing:
            return []

    def _verify(self, talk: Talk, turn: Turn) -> None:
        values = self._opened(talk, turn)
        services, message = turn.runtime.services, turn.message
        assert message is not None
        given = "|".join(values)
        customer = next((c for c in self._bank.values() if f"{c.born:%d-%m-%Y}" in given), None)
        if customer is None:
            turn.answers.append({"text": "I could not read that."})
            return
        fits = customer.last_four in given
        admission = services.lockout.admit(
            talk.conversation, talk.identity, message.message_id, customer.last_four if fits else given[-8:], customer.expiry, customer.born
        )

        def bank_answers() -> None:
            if not admission.allowed or admission.attempt is None:
                turn.answers.append({"text": "Checks are closed for now."})
            elif not fits:
                services.lockout.failed(admission.attempt)
                turn.answers.append({"text": "These details do not match."})
            else:
                with services.storage.begin() as conn:
                    services.sessions.open_in(
                        conn, talk.conversation, talk.identity, customer.urn, customer.urn, customer.last_four
                    )
                services.lockout.succeeded(admission.attempt, customer.urn)
                self._judge.opens(talk, customer)
                self._judge.figures["verified"] += 1
                self._tell_balance(talk, turn)

        turn.then = bank_answers

    def _who(self, talk: Talk, turn: Turn) -> Customer | None:
        """Whom the guard takes this conversation for, which must be whom the judge does."""
        found, expected = turn.runtime.services.sessions.current(talk.conversation), self._judge.verified(talk)
        if found is not None and (expected is None or found.urn != expected.urn):
            self._judge.fault("verified without right")
        if found is None and expected is not None:
            self._judge.fault("a verification was lost")
        return None if found is None else self._bank[found.urn]

    def _tell_balance(self, talk: Talk, turn: Turn) -> None:
        allowed = self._judge.verified(talk)
        customer = self._who(talk, turn)
        if customer is None:
            turn.answers.append({"text": "Please give me the last four digits."})
            return
        if allowed is not None:
            self._judge.grants(talk, allowed.amount)

        def bank_answers() -> None:
            turn.answers.append({"text": f"You have {self._shown(talk, turn, customer.amount)}.", "buttons": _BUTTONS})

        turn.then = bank_answers

    def _propose(self, talk: Talk, turn: Turn) -> None:
        customer, services = self._who(talk, turn), turn.runtime.services
        if customer is None:
            turn.answers.append({"text": "Please give me the last four digits."})
            return
        values = [each for each in self._opened(talk, turn) if "@" in each]
        if not values:
            return
        try:
            nonce = services.journal.propose(talk.conversation, customer.urn, "email", "old@example.org", values[0])
        except (InFlight, AlreadySet):
            turn.answers.append({"text": "That is being changed already."})
            return
        talk.proposals[nonce] = (customer.urn, values[0])
        self._judge.figures["changes proposed"] += 1
        shown = self._shown(talk, turn, values[0])
        turn.answers.append({"text": f"New: {shown}. Shall I?", "buttons": _YES_NO, "custom": {"proposal": nonce}})

    def _decide(self, talk: Talk, turn: Turn, body: dict[str, Any]) -> None:
        """A button of this conversation was pressed: a yes counts for the proposal that it was shown with."""
        services, message = turn.runtime.services, turn.message
        assert message is not None
        if turn.written not in talk.buttons:
            self._judge.fault("a button of another conversation was taken for one's own")
        nonce = body.get("proposal")
        if body.get("message_class") != "yes" or not nonce:
            self._tell_balance(talk, turn)
            return
        try:
            change = services.journal.prepare(talk.conversation, message.message_id, nonce, b"bytes", f"T{next(self._transactions)}")
        except (NoProposal, InFlight):
            turn.answers.append({"text": "That question is over."})
            self._judge.figures["yes that came too late"] += 1
            return
        self._judge.figures["changes begun"] += 1
        if (change.urn, change.new) != talk.proposals.get(nonce):
            self._judge.fault("a change for another conversation")
        with services.storage.begin() as conn:
            services.journal.move_in(conn, replace(change, state=State.CONFIRMED, next_at=None))
        turn.answers.append({"text": f"Done: {self._shown(talk, turn, change.new)}."})

    def _change_mobile(self, talk: Talk, turn: Turn) -> None:
        customer, services = self._who(talk, turn), turn.runtime.services
        if customer is not None:
            with services.storage.begin() as conn:
                services.sessions.end_for_urn_in(conn, customer.urn, "mobile changed")
            self._judge.ends_all_of(customer)
        turn.answers.append({"text": "Done."})

    def _mistake(self, talk: Talk, turn: Turn) -> None:
        """The engine has mixed up conversations: it opens, or utters, a reference of another one."""
        foreign = [each for each in self._references if each[1] != talk.conversation]
        if not foreign:
            return
        ref, _, direction = self._rng.choice(foreign)
        if self._rng.random() < 0.5:
            try:
                value = turn.runtime.services.vault.open(talk.conversation, direction, ref)
            except VaultMissing:
                self._judge.figures["mistakes of the engine refused"] += 1
                return
            self._judge.fault("a value of another conversation was opened")
            turn.answers.append({"text": f"You have {self._shown(talk, turn, value)}."})
        else:
            turn.answers.append({"text": f"You have \ue000{ref}\ue001."})

    def _shown(self, talk: Talk, turn: Turn, value: str) -> str:
        ref = turn.runtime.services.vault.put(talk.conversation, Direction.OUT, "shown", value)
        self._references.append((ref, talk.conversation, Direction.OUT))
        return f"\ue000{ref}\ue001"
