"""One run: a sandbox and a watched Cardbot on state of their own, talks that plant values, a kill, and what is left."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from itertools import cycle
from pathlib import Path

import requests

from bot.leaks.disturbances import disturb
from bot.leaks.guests import Guest, TalkFailed, WebGuest
from bot.leaks.places import look_everywhere, sealed_rows
from bot.leaks.planted import Planted, made_up
from bot.leaks.platforms import PretendPlatforms
from bot.leaks.rabbitmq import Queue
from bot.leaks.search import Search
from bot.leaks.talk import (
    CHANNELS,
    SLOW,
    begin_a_turn,
    guests,
    in_the_terminal,
    play,
    play_while_the_bank_is_away,
)
from bot.leaks.watched import FAILS_WITH, NOTES
from wibmo.sandbox import Sandbox

WATCHED = ("-m", "bot.leaks.watched")
START_SECONDS = 180.0
RABBITMQ = "amqp://guest:guest@127.0.0.1:5672"
AT_ONCE = 4
AWAY = 2


@dataclass
class LeakRun:
    """What is planted where; `tell` hears how far it is. `at_the_kill` counts the sealed rows that a killed turn left."""

    folder: Path
    model: Path
    tell: Callable[[str], None]
    channels: Sequence[str] = CHANNELS
    program: Sequence[str] = WATCHED
    rabbitmq: str = RABBITMQ
    at_the_kill: Mapping[str, int] = field(default_factory=dict)

    def play(self, planted: Sequence[Planted]) -> None:
        """Talks on every channel, a kill in the middle of a turn on each, a new start, and the terminal."""
        queue = Queue(self.rabbitmq)
        with Sandbox() as bank, PretendPlatforms() as platforms:
            for each in planted:
                bank.add_person(each.entry())
            environ = self._environ(bank.url, platforms, planted[0])
            left = self._until_killed(environ, bank, platforms, planted)
            if queue.answers():
                environ["CARDBOT_EVENT_BROKER_URL"] = queue.url
            self._after_the_kill(environ, left)
            self.tell("the same in the terminal")
            self._chat(environ, planted[-1])
            if environ["CARDBOT_EVENT_BROKER_URL"] == queue.url:
                queue.empty_into(self.folder / "notes" / "rabbitmq")

    def _until_killed(
        self, environ: Mapping[str, str], bank: Sandbox, platforms: PretendPlatforms, planted: Sequence[Planted]
    ) -> list[tuple[Guest, Planted]]:
        """Returns those whose turns were killed."""
        self.tell("starting")
        process, url = self._serve(environ), _url(environ)
        try:
            self._wait_for(f"{url}/ready", process)
            self.tell(f"talks of {len(planted)} cardholders on {', '.join(self.channels)}")
            come = [(guests(channel, url, platforms, who), who) for channel, who in zip(cycle(self.channels), planted)]
            with ThreadPoolExecutor(AT_ONCE) as crowd:
                list(crowd.map(lambda each: play(*each), come))
            for number, each in enumerate(planted[:AWAY], 1):
                self.tell(f"the bank is away, {number} of {min(AWAY, len(planted))}")
                play_while_the_bank_is_away(WebGuest(url), bank, each)
            self.tell("connections that end too early, and a locked database")
            disturb(WebGuest(url), url, self.folder / "var" / "cardbot.db", planted[0])
            self._note_metrics(url)
            self.tell("kill -9 in the middle of a turn on each channel")
            asked = len(_verified(bank))
            bank.fault("verify", f"latency={START_SECONDS}", times=None)
            last = [(some[-1], who) for some, who in come[: len(self.channels)]]
            with ThreadPoolExecutor(len(self.channels)) as crowd:  # a turn waits for the bank only so long
                list(crowd.map(lambda each: begin_a_turn(*each), last))
            _wait_until(lambda: len(_verified(bank)) >= asked + len(self.channels))
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
            bank.clear_faults()
        self._keep_what_was_left()
        return last

    def _keep_what_was_left(self) -> None:
        killed = self.folder / "killed"
        killed.mkdir()
        for path in (self.folder / "var").glob("cardbot.db*"):  # with the write-ahead log, which the next start folds away
            shutil.copy(path, killed)
        self.at_the_kill = sealed_rows(self.folder / "killed" / "cardbot.db")

    def _after_the_kill(self, environ: Mapping[str, str], left: Sequence[tuple[Guest, Planted]]) -> None:
        self.tell("starting again on what was left")
        process, url = self._serve(environ), _url(environ)
        try:
            self._wait_for(f"{url}/ready", process)
            for guest, who in left:
                guest.wait("was interrupted")
                guest.say("balance")
                guest.details(who.last_four, who.slashed, who.birthday, "₹")
            self._note_metrics(url)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)

    def _serve(self, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen([sys.executable, *self.program, "serve"], env=dict(environ), stdout=log, stderr=log)  # noqa: S603

    def _chat(self, environ: Mapping[str, str], who: Planted) -> None:
        with (self.folder / "log").open("ab") as log:
            done = subprocess.run(  # noqa: S603
                [sys.executable, *self.program, "chat"],
                env=dict(environ), input=in_the_terminal(who), stdout=subprocess.PIPE, stderr=log, text=True, timeout=300, check=False,
            )  # fmt: skip
        if "₹" not in done.stdout:
            raise TalkFailed("the talk in the terminal did not come to the balance")

    def _note_metrics(self, url: str) -> None:
        """Whatever the process tells about itself."""
        with (self.folder / "notes" / "metrics").open("ab") as file:
            for path in ("health", "ready", "metrics"):
                answer = requests.get(f"{url}/{path}", timeout=10)
                file.write(f"{path} {answer.status_code}\n{answer.headers}\n".encode() + answer.content + b"\n")

    def _wait_for(self, address: str, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and process.poll() is None:
            try:
                if requests.get(address, timeout=2).status_code == 200:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.1)
        raise TalkFailed("Cardbot did not start; its log is in the folder")

    def _environ(self, bank: str, platforms: PretendPlatforms, failing: Planted) -> dict[str, str]:
        folder = self.folder
        for name in ("var/models", "notes", "tmp", "home"):
            (folder / name).mkdir(parents=True)
        for each in (self.model, self.model.with_name(self.model.name + ".json")):
            (folder / "var" / "models" / each.name).symlink_to(each.resolve())
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        ours = {name: value for name, value in os.environ.items() if not name.startswith("CARDBOT_")}
        # A proof of possession would end most talks before they have planted anything.
        off = {f"CARDBOT_{channel.upper()}_POSSESSION": "off" for channel in CHANNELS}
        return ours | platforms.settings() | off | {
            "CARDBOT_PROFILE": "test",
            "CARDBOT_VAR": str(folder / "var"),
            "CARDBOT_PORT": str(port),
            "CARDBOT_WIBMO_BASE_URL": bank,
            "CARDBOT_LOG_LEVEL": "DEBUG",
            "CARDBOT_BANK_PATIENCE": f"{SLOW - 0.5}",
            "CARDBOT_RATE_PER_MINUTE": "60",
            "CARDBOT_EVENT_BROKER_URL": f"file:{folder / 'notes' / 'broker'}",
            NOTES: str(folder / "notes"),
            FAILS_WITH: f"{failing.email} {failing.birthday}",
            "TMPDIR": str(folder / "tmp"),
            "HOME": str(folder / "home"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip


def leak_run(folder: Path, model: Path, rounds: int, rng: random.Random, tell: Callable[[str], None]) -> tuple[Search, LeakRun]:
    """In each round, plant the values of one cardholder on each channel; then look everywhere."""
    planted = [made_up(rng, date.today()) for _ in range(rounds * len(CHANNELS))]
    run = LeakRun(folder, model, tell)
    run.play(planted)
    tell("looking for what was planted")
    search = Search(planted)
    look_everywhere(search, folder)
    return search, run


def _url(environ: Mapping[str, str]) -> str:
    return f"http://127.0.0.1:{environ['CARDBOT_PORT']}"


def _verified(bank: Sandbox) -> list[object]:
    return [call for call in bank.calls if call.operation == "verify"]


def _wait_until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise TalkFailed("a turn that was to be killed did not begin")
        time.sleep(0.05)
