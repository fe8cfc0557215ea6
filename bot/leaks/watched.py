"""Run as a module: Cardbot as ever, but for notes of what its actions are given and of every file that it writes."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from bot.engine import rasa_compat

rasa_compat.install(logging.DEBUG)

from actions.services import build  # noqa: E402  (after install)
from actions.settings import Settings  # noqa: E402
from bot import logs  # noqa: E402
from bot.engine.actions_in_process import ActionRunner  # noqa: E402

NOTES = "CARDBOT_LEAKS_NOTES"
FAILS_WITH = "CARDBOT_LEAKS_FAILS_WITH"
FAILING = "action_check_kyc_status"


class WatchedRunner(ActionRunner):
    """Notes every call whole. One action fails, and says in its exception what no log may repeat."""

    async def request(self, *, json: dict[str, Any], **rest: Any) -> dict[str, Any]:
        note("actions", json)
        if json["next_action"] == FAILING:
            self._actions[FAILING].run = fail  # type: ignore[method-assign]
        return await super().request(json=json, **rest)


async def fail(*args: Any) -> list[dict[str, Any]]:
    raise RuntimeError(os.environ.get(FAILS_WITH, ""))


def note(what: str, given: object) -> None:
    with (Path(os.environ[NOTES]) / what).open("a", encoding="utf-8") as file:
        file.write(json.dumps(given, ensure_ascii=False, default=str) + "\n")


def _watch_files() -> None:
    """Python tells of every file that is opened; those opened for writing are noted by name."""
    written: set[str] = set()

    def tell(event: str, args: tuple[Any, ...]) -> None:
        if event != "open" or not isinstance(args[0], str) or not args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            return
        if args[0] not in written:
            written.add(args[0])
            note("written", os.path.abspath(args[0]))

    sys.addaudithook(tell)


def serve(runner: type[ActionRunner] = WatchedRunner) -> None:
    """As `cardbot serve`."""
    from bot.commands.serve import listen
    from bot.gateway.app import make_app
    from bot.gateway.runtime import Runtime

    settings = _prepared()
    runtime = Runtime(build(settings, Path.cwd()), settings.model, runner=runner)
    make_app(runtime, settings).run(sock=listen(settings.host, settings.port), single_process=True, motd=False, access_log=False)


def chat(runner: type[ActionRunner] = WatchedRunner) -> None:
    """As `cardbot chat`, with lines from standard input, the secret ones too."""
    import time

    from bot.gateway.runtime import Runtime
    from bot.gateway.terminal import Terminal

    settings = _prepared()
    runtime = Runtime(build(settings, Path.cwd()), settings.model, runner=runner)
    runtime.start()
    while not runtime.is_ready and not runtime.has_failed:
        time.sleep(0.1)
    try:
        Terminal(runtime, _line, _line, lambda text: print(text, flush=True)).talk()
    except EOFError:
        runtime.stop()


def _line(prompt: str) -> str:
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line


def _prepared() -> Settings:
    _watch_files()
    logs.configure("DEBUG")
    for name in ("rasa", "rasa_sdk", "sanic", "sqlalchemy", "urllib3", "asyncio", "matplotlib", "apscheduler"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    return Settings.from_env(os.environ)


def main(runner: type[ActionRunner] = WatchedRunner) -> None:
    {"serve": serve, "chat": chat}[sys.argv[1]](runner)


if __name__ == "__main__":
    main()
