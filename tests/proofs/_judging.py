"""What is left when the killing is over, compared: what was said, stored, answered, sent, taken and booked."""

from __future__ import annotations

import bisect
import sqlite3
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.conversations.channels.platforms import Call
from tests.proofs._lines import PhoneLine, WebLine
from tests.proofs._reporting import ReportingPlatforms
from tests.proofs._talks import CHAT, EMAIL, Talk
from wibmo.sandbox import Sandbox

Figures = Counter[str]


@dataclass
class Answered:
    """One conversation as the database has it: positions and platform's ids of its answers, in order."""

    positions: list[int] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Kept:
    """The database after the last process has ended."""

    conversation_of: Mapping[str, str]
    answers: Mapping[str, Answered]
    figures: Figures


def kept(database: Path) -> Kept:
    """Every message that was accepted must be answered, each conversation's in order."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as conn:
        said = conn.execute(
            "SELECT i.conversation, i.message_id, i.state, min(o.position), max(o.position) FROM inbox i "
            "LEFT JOIN outbox o ON o.inbox_id = i.id WHERE i.message_id NOT LIKE 'promise-%' "
            "GROUP BY i.id ORDER BY i.conversation, i.id"
        ).fetchall()
        told = conn.execute("SELECT conversation, position, state, provider_id FROM outbox ORDER BY conversation, position").fetchall()
    conn.close()
    figures, last, answers = Counter[str](), dict[str, int](), defaultdict[str, Answered](Answered)
    for conversation, _, state, first, end in said:
        figures["fault: set aside"] += state == "aside"
        figures["fault: not answered"] += state == "waiting" or first is None
        figures["fault: answered out of order"] += first is not None and first < last.get(conversation, 0)
        last[conversation] = end or last.get(conversation, 0)
    for conversation, position, state, provider_ids in told:
        answers[conversation].positions.append(position)
        answers[conversation].ids += (provider_ids or "").split()
        figures["fault: answer never sent"] += not conversation.startswith("web:") and state != "sent"
    return Kept({row[1].rpartition(":")[2]: row[0] for row in said}, answers, figures)


class Lives:
    """When each process began; what a platform got between two beginnings came from the one life."""

    def __init__(self) -> None:
        self.began: list[float] = []
        self.kills = 0

    def of(self, call: Call) -> int:
        return bisect.bisect_right(self.began, call.at) - 1


class Judge:
    """Figures whose names begin with "fault" must be 0."""

    def __init__(self, talks: Iterable[Talk], lives: Lives, stored: Kept) -> None:
        self._talks = list(talks)
        self._lives = lives
        self._stored = stored
        self.doubles: Counter[int] = Counter()
        self.figures: Figures = Counter(stored.figures)

    def all(self, bank: Sandbox, platforms: ReportingPlatforms) -> Figures:
        """Everything, of every talk."""
        asked = Counter(_details(call.fields) for call in bank.calls if call.operation == "verify")
        for talk in self._talks:
            self._effects(talk, [each.new for each in bank.ledger.history if each.urn == talk.holder.urn], asked)
            self._messages(talk, platforms)
        figures = self.figures
        figures["kills"] = self._lives.kills
        figures["answers that reached a platform twice"] = self.doubles.total()
        figures["kills that doubled an answer"] = len(self.doubles)
        figures["fault: one kill doubled several answers"] = self.doubles.total() - len(self.doubles)
        return figures

    def _messages(self, talk: Talk, platforms: ReportingPlatforms) -> None:
        line, figures = talk.line, self.figures
        figures["messages"] += len(line.sent)
        figures["deliveries"] += line.deliveries
        figures["fault: lost"] += sum(each not in self._stored.conversation_of for each in line.sent)
        figures["fault: one cardholder, two conversations"] += len({self._stored.conversation_of.get(each) for each in line.sent}) != 1
        answered = self._stored.answers.get(self._stored.conversation_of.get(line.sent[0], ""), Answered())
        figures["answers"] += len(answered.positions)
        if isinstance(line, WebLine):
            self._shown(line, answered)
        elif isinstance(line, PhoneLine):
            self.taken(platforms.got(line.channel, line.phone.address), answered)
        if talk.wish == CHAT:
            heard = talk.heard()
            right = len(heard) == len(talk.expected) and all(map(str.startswith, heard, talk.expected))
            figures["fault: not the answers to what was asked"] += not right

    def _shown(self, line: WebLine, answered: Answered) -> None:
        seen = line.positions
        self.figures["fault: answers out of order or doubled"] += seen != sorted(set(seen))
        self.figures["fault: answer not shown"] += len(set(answered.positions) - set(seen))

    def taken(self, calls: Sequence[Call], answered: Answered) -> None:
        """What the platform took against what was recorded: in order, and the unrecorded ones explained by a kill."""
        at = {call.id: number for number, call in enumerate(calls)}
        order = [at.get(each, -1) for each in answered.ids]
        self.figures["fault: answer never taken"] += sum(number < 0 for number in order)
        self.figures["fault: sent out of order"] += order != sorted(order)
        for number, call in enumerate(calls):
            if call.id not in set(answered.ids):
                self._double(calls, number)

    def _double(self, calls: Sequence[Call], number: int) -> None:
        """One of two equal answers is in no record: the first, or the second if a late report recorded the first meanwhile."""
        call, neighbours = calls[number], [(number, number + 1), (number - 1, number)]
        killed = [calls[one] for one, two in neighbours if self._is_sent_again(calls, one, two)]
        self.doubles[self._lives.of(killed[0] if killed else call)] += 1
        self.figures[f"doubles on {call.channel}"] += 1
        self.figures["fault: answer twice, and no kill in between"] += not killed
        if not killed:
            print(f"  {call.channel}: {[(each.id, self._lives.of(each), each.at) for each in calls[max(0, number - 2) : number + 3]]}", file=sys.stderr)

    def _is_sent_again(self, calls: Sequence[Call], one: int, two: int) -> bool:
        """Whether the first was the last that its process did for this sender, and the next process said the same first."""
        if one < 0 or two >= len(calls):
            return False
        return calls[one].text == calls[two].text and self._lives.of(calls[one]) < self._lives.of(calls[two])

    def _effects(self, talk: Talk, effects: Sequence[str], asked_for: Counter[tuple[str, str]]) -> None:
        holder, figures = talk.holder, self.figures
        asked = asked_for[holder.last_four, holder.expiry] if talk.wish != CHAT else 0
        texts = talk.line.texts
        done, not_done = any("is now " in text for text in texts), any("did not make the change" in text for text in texts)
        figures["changes made"] += len(effects)
        figures["verifications"] += asked
        figures["fault: effect twice"] += max(0, len(effects) - 1)
        figures["fault: bank asked twice for one message"] += max(0, asked - talk.details_given)
        figures["fault: told done, was not"] += done and not effects
        figures["fault: told not done, was"] += not_done and bool(effects) and not done
        figures[f"talks: {talk.wish}"] += 1
        if talk.wish == EMAIL:
            figures["changes told as done"] += done


def _details(fields: Mapping[str, object]) -> tuple[str, str]:
    return str(fields.get("last4Digits")), str(fields.get("cardExpiry"))
