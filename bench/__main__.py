"""make bench: Cardbot, and stock Rasa if asked for, measured by turns on this machine; see --help."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TypeVar

import uvloop

from bench import acknowledgements, cardbot, codec, doors, latency, stock, throughput
from bench.processes import folder_mb
from bench.results import compared, table
from bench.sentences import challenges

BUILD = Path("build")
Server = TypeVar("Server", cardbot.Cardbot, stock.StockServer)


@dataclass(frozen=True)
class Size:
    """How long everything is measured."""

    rounds: int
    talks: int = latency.SHORT_TALKS
    last_turn: int = latency.NUMBERS[-1]
    guarded: int = latency.GUARDED_TURNS
    seconds: float = throughput.SECONDS
    acks: int = acknowledgements.MESSAGES


QUICK = Size(rounds=1, talks=5, last_turn=100, guarded=8, seconds=3.0, acks=10)


class Bench:
    """Rounds of both, one after the other, in one folder of run state."""

    def __init__(self, folder: Path, size: Size, stock_rasa: stock.StockRasa | None) -> None:
        self._folder, self._size, self._stock = folder, size, stock_rasa
        self._log = folder / "log"
        # The tests' model, if it is fresh, is good enough for a quick look; what counts is trained here.
        self._models = BUILD.resolve() if size is QUICK else folder
        self._texts: Iterator[str] = challenges()

    def run(self) -> dict[str, dict[str, float | None]]:
        """All figures."""
        ours, theirs = [self._prepare()], []
        if self._stock:
            self._stock.build(say)
            theirs.append({"install_mb": self._stock.install_mb(), "train_s": self._stock.train()})
        for number in range(self._size.rounds):
            load = os.getloadavg()[0]
            say(f"round {number + 1} of {self._size.rounds}, load {load:.1f}")
            if self._stock:
                theirs.append(uvloop.run(self._stock_round(is_first=number == 0)))
            ours.append(uvloop.run(self._round(self._folder / f"round{number}")))
            ours.append(uvloop.run(self._doors(self._folder / f"doors{number}")))
            ours.append(uvloop.run(self._two(self._folder / f"two{number}")))
        return compared(theirs, ours)

    def _prepare(self) -> dict[str, float]:
        found = codec.figures(rounds=60)
        return {
            "train_s": cardbot.train(self._models, self._log),
            "codec": statistics.median([found["ratio"], found["ratio_median"]]),
            "install_mb": folder_mb(Path(sys.prefix)),
        }

    async def _round(self, var: Path) -> dict[str, float]:
        say("Cardbot, one process on SQLite …")
        size = self._size
        with stopped(cardbot.Cardbot(var, self._models, self._log)) as server:
            found = {"start_s": server.start_s}
            found |= await latency.third_turn(server, self._texts, size.talks)
            found |= await latency.late_turns(server, self._texts, size.last_turn)
            found |= await latency.guarded_turns(server, size.guarded)
            found |= await throughput.crowds(server, self._texts, size.seconds)
            found |= await acknowledgements.while_bank_hangs(server, self._texts, size.acks)
            ours, bank = server.peak_mb(), server.bank.program.peak_mb()
        return found | {"peak_mb": ours, "peak_with_sandbox_mb": ours + bank}

    async def _doors(self, var: Path) -> dict[str, float]:
        say("Cardbot with the platforms' channels …")
        async with doors.Platforms() as platforms:
            made = partial(cardbot.Cardbot, var, self._models, self._log, more=platforms.settings)
            with stopped(await asyncio.to_thread(made)) as server:
                turns = await doors.third_turns(server.urls[0], self._texts, platforms, self._size.talks)
                return turns | await acknowledgements.at_the_doors(server, self._texts, self._size.acks)

    async def _two(self, var: Path) -> dict[str, float]:
        with cardbot.postgres() as url:
            if url is None:
                say("no PostgreSQL answers: two processes are left out")
                return {}
            say("Cardbot, two processes on PostgreSQL …")
            two = cardbot.Cardbot(var, self._models, self._log, processes=2, database_url=url)
            with stopped(two) as server:
                crowd = throughput.CROWDS[-1]
                rate, _ = await throughput.crowd(server, self._texts, crowd, self._size.seconds)
        return {"turns_per_s_two": rate}

    async def _stock_round(self, *, is_first: bool) -> dict[str, float]:
        assert self._stock is not None
        say("stock Rasa …")
        size = self._size
        with stopped(self._stock.serve()) as server:
            found = {"start_s": server.start_s}
            found |= await latency.third_turn(server, self._texts, size.talks)
            found |= await throughput.crowds(server, self._texts, size.seconds)
            found |= {"peak_mb": server.peak_mb()}  # before the long talk, which is Rasa's heaviest
            if is_first:  # minutes long: its turns cost more and more
                found |= await latency.late_turns(server, self._texts, size.last_turn)
        return found


@contextmanager
def stopped(server: Server) -> Iterator[Server]:
    """A server that is running, and is stopped at the end of the block."""
    try:
        yield server
    finally:
        server.stop()


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)  # an exception, so that every program that was started is stopped


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="medians are taken over so many (3)")
    parser.add_argument("--quick", action="store_true", help="one short round: whether it works, not how fast it is")
    parser.add_argument("--stock", action="store_true", help="measure stock Rasa, too (built in build/stock, 2.7 GB)")
    parser.add_argument("--json", action="store_true", help="print build/bench.json instead of the table")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, _end)
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="bench-") as folder:
        size = QUICK if args.quick else Size(args.rounds)
        stock_rasa = stock.StockRasa(BUILD.resolve() / "stock") if args.stock else None
        results = Bench(Path(folder).resolve(), size, stock_rasa).run()
    text = json.dumps(results, indent=1)
    (BUILD / "bench.json").write_text(text + "\n", encoding="utf-8")
    print(text if args.json else table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
