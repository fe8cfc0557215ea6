"""What `make run` starts: a fresh model, the sandbox and Cardbot, with one terminal that watches over them."""
from __future__ import annotations

import os
import signal
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from types import FrameType

from actions.settings import Profile, Settings, SettingsError
from bot.parts import Launcher, Part, PartEnded

AGAIN_SECONDS = 0.5


class CannotStart(Exception):
    """Something that was asked for cannot be had, such as a port; nothing was started."""


class Stopped(BaseException):
    """Ctrl-C or SIGTERM; not an Exception, so that nothing on the way takes it for a failure."""


def answers_at(url: str) -> bool:
    """Whether a page is there and well (status 200)."""
    try:
        with urllib.request.urlopen(url, timeout=2.0) as response:  # noqa: S310 (our own address)
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError, ValueError):
        return False


def listens_at(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1.0).close()
    except OSError:
        return False
    return True


def require_free(host: str, port: int, variable: str, whose: str) -> None:
    """Raises CannotStart, naming the port and how to choose another, if somebody listens there already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(
                f"port {port} on {host}, meant for {whose}, cannot be had: {error.strerror}.\n"
                f"Stop the program that has it, or choose another:  make run {variable}={port + 1}"
            ) from None


def sandbox_port(environ: Mapping[str, str]) -> int:
    text = environ.get("CARDBOT_SANDBOX_PORT", "").strip() or "8090"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise CannotStart("CARDBOT_SANDBOX_PORT must be a number between 1 and 65535")
    return int(text)


def run(environ: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Train, start, announce, watch. Ends only by an exception."""
    port = sandbox_port(environ)
    environ = {**environ, "CARDBOT_WIBMO_BASE_URL": f"http://127.0.0.1:{port}", "PYTHONUNBUFFERED": "1"}
    settings = Settings.from_env(environ)
    if settings.profile is Profile.PRODUCTION:
        raise CannotStart("`make run` is for trying Cardbot with the sandbox; in production start `cardbot serve`")
    require_free(settings.host, settings.port, "CARDBOT_PORT", "Cardbot")
    require_free("127.0.0.1", port, "CARDBOT_SANDBOX_PORT", "the sandbox")
    logs = settings.var / "log"
    logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    python = [sys.executable, "-m"]
    train(Part("training", [*python, "bot.cli", "train"], environ, echo=say))
    sandbox = Part("the sandbox", [*python, "wibmo.sandbox", "--port", str(port)], environ)
    cardbot = Part("Cardbot", [*python, "bot.cli", "serve"], environ, logs / "cardbot.log")
    here = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 (compared, not bound)
    with Launcher(say) as launcher:
        launcher.start(sandbox, lambda: listens_at("127.0.0.1", port))
        launcher.start(cardbot, lambda: answers_at(f"http://{here}:{settings.port}/ready"))
        announce(f"http://{here}:{settings.port}/", sandbox, cardbot, say)
        launcher.watch()


def train(part: Part) -> None:
    """Let `cardbot train` do what it finds necessary."""
    part.start()
    assert part.process is not None  # noqa: S101 (started)
    try:
        part.process.wait()
    finally:
        part.stop()
        part.hear_out()
    if part.process.returncode:
        raise PartEnded("the model could not be trained (see above)")


def announce(page: str, sandbox: Part, cardbot: Part, say: Callable[[str], None]) -> None:
    """The address, whom to pretend to be, and where to look; printed only once the page answers."""
    say("")
    say(f"Cardbot is ready:  {page}")
    for line in list(sandbox.said)[1:]:
        say("  " + line.removeprefix("sandbox: "))
    say(f"  Log: {cardbot.log}.  Ctrl-C stops everything.")


def _stop(number: int, frame: FrameType | None) -> None:
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)  # stopping is under way; a second Ctrl-C must not leave half of it
    signal.signal(signal.SIGALRM, _stop_again)
    signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS, AGAIN_SECONDS)
    raise Stopped


def _stop_again(number: int, frame: FrameType | None) -> None:
    """Python drops an exception in a few places, such as what libraries have it run after a fork."""
    if sys.exc_info()[0] is None:  # otherwise stopping goes on
        raise Stopped


def main() -> int:
    """Exit codes: 0 stopped when asked, 1 a part failed, 2 it could not start as set up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, _stop)
    try:
        run(os.environ, lambda text: print(text, flush=True))
    except Stopped:
        signal.setitimer(signal.ITIMER_REAL, 0)
        print("\nstopped", flush=True)
        return 0
    except (CannotStart, SettingsError) as problem:
        print(f"make run: {problem}", file=sys.stderr)
        return 2
    except PartEnded as failure:
        print(f"make run: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
