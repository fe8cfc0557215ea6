"""cardbot chat: the same conversation in a terminal, through the same edge."""

from __future__ import annotations

import argparse
import getpass
import sys
import time
from pathlib import Path

from actions.guard.keys import WrongMaster
from actions.guard.storage import StorageError
from actions.services import build
from actions.settings import Settings
from bot import logs
from wibmo import ConfigError


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--new", action="store_true", help="begin a new conversation")


def run(args: argparse.Namespace, settings: Settings) -> int:
    logs.configure("ERROR")
    try:
        services = build(settings, Path.cwd())
    except (StorageError, WrongMaster, ConfigError) as error:
        print(f"cardbot: {error}", file=sys.stderr)
        return 2
    print("Loading …", flush=True)
    from bot.engine.training import ModelRefused, verify_model
    from bot.gateway.runtime import Runtime
    from bot.gateway.terminal import Terminal

    try:
        verify_model(settings.model)
    except ModelRefused as error:
        print(f"cardbot: {error} (cardbot train)", file=sys.stderr)
        return 2
    runtime = Runtime(services, settings.model)
    runtime.start()
    try:
        while not runtime.is_ready:
            if runtime.has_failed:
                print(f"cardbot: {runtime.problem}", file=sys.stderr)
                return 1
            time.sleep(0.1)
        Terminal(runtime, input, getpass.getpass, print).talk()
    except EOFError:
        print()
    finally:
        runtime.stop()
    return 0
