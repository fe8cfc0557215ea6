"""Cardbot under measurement: the sandbox and one or more `cardbot serve`, as an operator would start them."""

from __future__ import annotations

import itertools
import json
import os
import secrets
import shutil
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from bench.bank import ROOT, Bank
from bench.processes import Program, free_port, plain_environment, timed
from bench.talks import WebTalk

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgresql+psycopg://127.0.0.1:5432/postgres")
CARDBOT = [sys.executable, "-m", "bot.cli"]
PROXY = "127.0.0.1"


def train(var: Path, log: Path) -> float:
    """Train the project's model into `var` unless it lies there; returns the seconds that its training took."""
    environ = {**plain_environment(), "CARDBOT_PROFILE": "test", "CARDBOT_VAR": str(var)}
    timed([*CARDBOT, "train"], ROOT, environ, log)
    return float(json.loads((var / "models" / "cardbot.tar.gz.json").read_text(encoding="utf-8"))["seconds"])


class Cardbot:
    """Its processes and their bank; conversations are spread over the processes."""

    def __init__(
        self, var: Path, model_of: Path, log: Path, *, processes: int = 1, database_url: str = "",
        more: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        shutil.copytree(model_of / "models", var / "models", dirs_exist_ok=True)
        self.bank = Bank(log)
        self.bank.wait()
        self._environ = {
            **plain_environment(),
            "CARDBOT_PROFILE": "test",
            "CARDBOT_VAR": str(var),
            "CARDBOT_DATABASE_URL": database_url,
            "CARDBOT_MASTER_SECRETS": secrets.token_urlsafe(48),
            "CARDBOT_WIBMO_BASE_URL": self.bank.url,
            "CARDBOT_TRUSTED_PROXIES": PROXY,  # so that not all of the crowd come from one address
            "CARDBOT_RATE_PER_MINUTE": "1000000",
            **(more or {}),
        }
        self.urls: list[str] = []
        self._programs: list[Program] = []
        for _ in range(processes):
            self._serve(log)
        self.start_s = self._programs[0].began + self._ready() - self.bank.program.began
        self._unmet: Iterator[int] = itertools.count()

    def _serve(self, log: Path) -> None:
        port = free_port()
        self.urls.append(f"http://127.0.0.1:{port}")
        self._programs.append(Program([*CARDBOT, "serve", "--port", str(port)], ROOT, self._environ, log))

    def _ready(self) -> float:
        return max(each.wait_for(f"{url}/ready") for each, url in zip(self._programs, self.urls, strict=True))

    def talk(self, number: int) -> WebTalk:
        """A new conversation of somebody with an address of their own."""
        return WebTalk(self.urls[number % len(self.urls)], f"10.{number // 200 % 200}.{number % 200}.7")

    @asynccontextmanager
    async def verified_talk(self) -> AsyncIterator[WebTalk]:
        """A conversation with a cardholder who has just proved who they are."""
        number = next(self._unmet)
        person = self.bank.people[number % len(self.bank.people)]
        async with self.talk(1000 + number) as talk:
            await talk.say("what is my balance")
            await talk.details(person["last_four"], person["expiry"], person["date_of_birth"])
            yield talk

    def peak_mb(self) -> float:
        """Of all processes but the sandbox."""
        return sum(each.peak_mb() for each in self._programs)

    def stop(self) -> None:
        for each in [*self._programs, self.bank.program]:
            each.stop()


@contextmanager
def postgres() -> Iterator[str | None]:
    """The address of an empty schema, or None where no PostgreSQL answers."""
    engine = create_engine(POSTGRES, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 2})
    name = f"cardbot_bench_{secrets.token_hex(8)}"
    try:
        with engine.connect() as conn:
            conn.execute(text(f"CREATE SCHEMA {name}"))
    except OperationalError:
        yield None
        return
    try:
        url = make_url(POSTGRES).update_query_dict({"options": f"-csearch_path={name}"})
        yield url.render_as_string(hide_password=False)
    finally:
        with engine.connect() as conn:
            conn.execute(text(f"DROP SCHEMA {name} CASCADE"))
        engine.dispose()
