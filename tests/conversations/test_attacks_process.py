"""Attacks on the running program itself: its ports, whom it calls, and a model that somebody changed."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conversations.cardholders import new_holder
from tests.conversations.server import Server
from tests.conversations.visitor import Visitor
from wibmo.sandbox import Sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
LISTENING, UNIX_LISTENS = "0A", 0x10000

# Python itself tells of every connection and name look-up, whichever library asks for it.
WATCH = """
import os, sys

def tell(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname", "subprocess.Popen", "os.exec"):
        with open(os.environ["CALLED"], "a") as file:
            file.write(f"{event}\\t{args[1] if event in ('socket.connect', 'socket.sendto') else args[0]!r}\\n")

sys.addaudithook(tell)
"""


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("watch")
    (folder / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
    (folder / "called").touch()
    return folder / "called"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, bank: Sandbox, model: Path, called: Path) -> Iterator[Server]:
    watched = {"PYTHONPATH": str(called.parent), "CALLED": str(called), "RASA_TELEMETRY_ENABLED": "true"}
    server = Server(tmp_path_factory.mktemp("var"), bank.url, model, watched)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def a_talk(server: Server, bank: Sandbox) -> None:
    """Everything that calls somebody: a balance, a change, a person."""
    holder, guest = new_holder(bank), Visitor(server.url).open()
    guest.say("balance")
    guest.details(holder.last_four, holder.slashed, holder.birthday)
    guest.say("change my email to somebody.new@example.org")
    guest.say("yes", seconds=30)
    guest.say("talk to a human")
    guest.close()
    assert bank.ledger.customer(holder.urn).email == "somebody.new@example.org"


@pytest.mark.usefixtures("a_talk")
def test_the_program_listens_at_one_port_and_has_no_children(server: Server) -> None:
    assert server.process is not None
    family = [server.process.pid, *children(server.process.pid)]

    tcp = {port for pid in family for port, state in sockets(pid, "tcp") if state == LISTENING}
    udp = {port for pid in family for port, _ in sockets(pid, "udp")}

    assert tcp == {server.port}
    assert udp == set()
    assert [path for pid in family for path in unix_listeners(pid)] == []


@pytest.mark.usefixtures("a_talk")
def test_the_program_calls_the_bank_and_nobody_else(called: Path, bank: Sandbox) -> None:
    seen = {tuple(line.split("\t", 1)) for line in called.read_text(encoding="utf-8").splitlines()}
    port = int(bank.url.rsplit(":", 1)[1])

    assert ("socket.connect", f"('127.0.0.1', {port})") in seen
    assert {whom for event, whom in seen if event in ("socket.connect", "socket.sendto")} == {f"('127.0.0.1', {port})"}
    assert {whom for event, whom in seen if event.startswith("socket.get")} <= {"'127.0.0.1'"}
    assert {whom for event, whom in seen if event in ("subprocess.Popen", "os.exec")} <= {"'lscpu'"}


@pytest.mark.parametrize("at", [0.0, 0.5, 0.999], ids=["first", "middle", "last"])
def test_a_model_with_one_changed_byte_is_not_loaded(tmp_path: Path, model: Path, bank: Sandbox, at: float) -> None:
    changed = bytearray(model.read_bytes())
    changed[int(at * len(changed))] ^= 1
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / model.name).write_bytes(changed)
    shutil.copy(f"{model}.json", tmp_path / "models")

    with pytest.raises(RuntimeError, match=r"ended with 2:[\s\S]*was changed after it was trained"):
        Server(tmp_path, bank.url, model).start()


def test_a_model_that_nothing_vouches_for_is_not_loaded(tmp_path: Path, model: Path, bank: Sandbox) -> None:
    (tmp_path / "models").mkdir()
    shutil.copy(model, tmp_path / "models")
    (tmp_path / "models" / f"{model.name}.json").write_text("{}", encoding="utf-8")

    with pytest.raises(RuntimeError, match=r"ended with 2:[\s\S]*train again"):
        Server(tmp_path, bank.url, model).start()


def children(pid: int) -> list[int]:
    """All processes that came of this one."""
    parents = {}
    for each in Path("/proc").iterdir():
        if each.name.isdigit():
            try:
                parents[int(each.name)] = int((each / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = [child for child, parent in parents.items() if parent == pid]
    return found + [grandchild for child in found for grandchild in children(child)]


def sockets(pid: int, kind: str) -> list[tuple[int, str]]:
    """Local port and state of the process's own sockets."""
    own = inodes(pid)
    found = []
    for family in (kind, f"{kind}6"):
        for line in Path(f"/proc/{pid}/net/{family}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in own:
                found.append((int(fields[1].rpartition(":")[2], 16), fields[3]))
    return found


def unix_listeners(pid: int) -> list[str]:
    own = inodes(pid)
    lines = [line.split() for line in Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]]
    return [" ".join(fields[7:]) for fields in lines if fields[6] in own and int(fields[3], 16) & UNIX_LISTENS]


def inodes(pid: int) -> set[str]:
    found = set()
    for each in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(each.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            found.add(target[8:-1])
    return found
