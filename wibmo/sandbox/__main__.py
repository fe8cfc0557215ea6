"""`python -m wibmo.sandbox`: the pretend bank as a program of its own."""

from __future__ import annotations

import argparse
import re
import signal
import sys
import threading
from collections.abc import Sequence

from wibmo.dialects import PRESETS, DialectError
from wibmo.sandbox.admin import person_card
from wibmo.sandbox.faults import SCENARIOS
from wibmo.sandbox.server import Sandbox


def main(argv: Sequence[str] | None = None) -> int:
    """As `serve`, for arguments as they are typed."""
    parser = argparse.ArgumentParser(prog="python -m wibmo.sandbox", description="A pretend card bank.")
    add_options(parser)
    return serve(parser.parse_args(argv))


def serve(arguments: argparse.Namespace) -> int:
    """Runs until SIGTERM or Ctrl-C; 0 then, 1 if the port is taken, 2 for wrong arguments."""
    try:
        sandbox = Sandbox(
            host=arguments.host, port=arguments.port, dialect=arguments.dialect, scenario=arguments.scenario,
            on_text=_show_text,
        )  # fmt: skip
        for each in arguments.mobile:
            _give_mobile(sandbox, each)
    except (DialectError, ValueError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    try:
        sandbox.start()
    except OSError as error:
        where = f"{arguments.host}:{arguments.port}"
        print(f"sandbox: cannot listen on {where}: {error.strerror}. Choose another --port.", file=sys.stderr)
        return 1
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    _introduce(sandbox, arguments.scenario, everybody=arguments.people)
    stop.wait()
    sandbox.stop()
    return 0


def add_options(parser: argparse.ArgumentParser) -> None:
    """The sandbox's options, also for a command of another program."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: loopback)")
    parser.add_argument("--port", type=int, default=8090, help="0 lets the system choose")
    parser.add_argument("--scenario", default="calm", choices=SCENARIOS, help="what goes wrong")
    parser.add_argument(
        "--dialect", default="v3", help="a preset and changes; presets: " + ", ".join(PRESETS)
    )
    parser.add_argument(
        "--mobile", action="append", default=[], metavar="KEY=NUMBER", help="register your own number: asha=919812345678"
    )
    parser.add_argument(
        "--people", action="store_true", help="print every cardholder, not the demo one alone"
    )


def _show_text(mobile: str, code: str) -> None:
    print(f"sandbox: SMS to {mobile}: {code}", flush=True)


def _give_mobile(sandbox: Sandbox, wanted: str) -> None:
    """`asha=919812345678`: so one can play that person from a phone of one's own."""
    key, _, mobile = wanted.partition("=")
    people = {person.key: person for person in sandbox.people()}
    if key not in people or not re.fullmatch(r"91[5-9][0-9]{9}", mobile, re.ASCII):
        raise ValueError("--mobile wants KEY=91 and ten digits, KEY one of " + ", ".join(people))
    people[key].mobile = mobile


def _introduce(sandbox: Sandbox, scenario: str, *, everybody: bool) -> None:
    print(f"sandbox: listening on {sandbox.url} ({sandbox.dialect.name}, scenario {scenario})")
    for person in sandbox.people() if everybody else sandbox.people()[:1]:
        card = person_card(person)
        print(
            f"sandbox: {card['name']}: last four {card['last_four']}, expiry {card['expiry']},"
            f" date of birth {card['date_of_birth']}. {card['note']}"
        )
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
