"""The services of this installation for a command that needs no engine, or the reason why there are none."""

from __future__ import annotations

import functools
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from actions.guard.keys import WrongMaster
from actions.guard.storage import StorageError
from actions.services import Services, build
from actions.settings import Settings
from wibmo import ConfigError

Command = Callable[[Namespace, Settings], int]


def with_services(command: Callable[[Namespace, Services], int]) -> Command:
    """Builds the services, closes them afterwards, and answers with exit code 2 where they cannot be built."""

    @functools.wraps(command)
    def run(args: Namespace, settings: Settings) -> int:
        try:
            services = build(settings, Path.cwd())
        except (StorageError, WrongMaster, ConfigError) as error:
            print(f"cardbot: {error}", file=sys.stderr)
            return 2
        try:
            return command(args, services)
        finally:
            services.close()

    return run
