"""cardbot serve: the gateway and everything behind it, in this process."""

from __future__ import annotations

import argparse
import errno
import gc
import socket
import sys
from pathlib import Path

from actions.guard.keys import WrongMaster
from actions.guard.storage import StorageError
from actions.services import build
from actions.settings import Settings
from bot import logs
from bot.cores import OneCore
from wibmo import ConfigError


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="the address to listen on (CARDBOT_HOST)")
    parser.add_argument("--port", type=int, help="the port to listen on (CARDBOT_PORT)")


def run(args: argparse.Namespace, settings: Settings) -> int:
    logs.configure(settings.log_level)
    host, port = args.host or settings.host, args.port or settings.port
    try:
        listening = listen(host, port)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        why = "is taken by another program; set CARDBOT_PORT to a free one" if taken else f"cannot be used: {error.strerror}"
        print(f"cardbot: port {port} on {host} {why}", file=sys.stderr)
        return 2
    try:
        services = build(settings, Path.cwd())
    except (StorageError, WrongMaster, ConfigError) as error:
        print(f"cardbot: {error}", file=sys.stderr)
        return 2
    # Imported late: Rasa takes seconds, and what can go wrong above should be told at once.
    from bot.engine.training import ModelRefused, verify_model
    from bot.gateway.app import make_app
    from bot.gateway.runtime import Runtime

    try:
        verify_model(settings.model)
    except ModelRefused as error:
        print(f"cardbot: {error} (cardbot train)", file=sys.stderr)
        return 2
    runtime = Runtime(services, settings.model, cores=OneCore() if settings.one_core else None)
    runtime.on_loaded = keep_model_from_collection
    make_app(runtime, settings).run(sock=listening, single_process=True, motd=False, access_log=False)
    if runtime.has_failed:
        print(f"cardbot: {runtime.problem}", file=sys.stderr)
    return int(runtime.has_failed)


def keep_model_from_collection() -> None:
    """What is loaded now stays until the end: looking through it for garbage would hold up every turn for 0.1 s, now and then."""
    gc.collect()
    gc.freeze()


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes calls at once; raises OSError if it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(512)
    except OSError:
        listening.close()
        raise
    return listening
