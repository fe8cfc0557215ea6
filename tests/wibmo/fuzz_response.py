"""Feeds answers that no bank would give to the reader of answers; `python tests/wibmo/fuzz_response.py SECONDS` with atheris."""

from __future__ import annotations

import copy
import importlib.util
import json
import random
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any


def _watched() -> AbstractContextManager[object]:
    """Lets atheris see the branches of wibmo/, and of nothing else, when this is run as a program."""
    if __name__ != "__main__" or importlib.util.find_spec("atheris") is None:
        return nullcontext()
    import atheris

    found: AbstractContextManager[object] = atheris.instrument_imports(include=["wibmo"])
    return found


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

with _watched():
    from wibmo.answers import RawAnswer, read_answer
    from wibmo.errors import WibmoError
    from wibmo.operations import Operation
    from wibmo.records import read_customer, read_update, read_verified
    from wibmo.tokens import Codec, LocalCodec

TXN = "ABCDEFGH234567"
CODEC = LocalCodec(b"a key of exactly 24 byte")
DATA = Path(__file__).parent / "data"
SAMPLES = {
    Operation.VERIFY: ["verify-v1", "verify-v1-failure"],
    Operation.RETRIEVE: ["retrieve-v3", "retrieve-v2", "retrieve-v2-failure"],
    Operation.UPDATE: ["update-v3"],
}
READERS: dict[Operation, Callable[[Mapping[str, Any]], object]] = {
    Operation.VERIFY: lambda data: read_verified(data, TXN),
    Operation.RETRIEVE: lambda data: read_customer(data, TXN, frozenset(), asked={}),
    Operation.UPDATE: lambda data: read_update(data, TXN),
}
OPERATIONS = list(READERS)
ODDITIES: list[object] = [
    None, True, False, 0, -1, 10**20, 1.5, 1e300, float("inf"), "", " ", "0", "00", "1092", "4242", "12.50", "-3", "१२",
    "\x00", "\ud800", "11-Jul-1993", "99-99-9999", "x" * 2000, [], {}, [[]], [{}], [None], {"": {}}, TXN,
]  # fmt: skip


def outcome(operation: Operation, status: int, body: bytes, codec: Codec = CODEC) -> object:
    """The model or the named error; any other exception goes through and is the finding."""
    try:
        message = read_answer(operation, TXN, RawAnswer(status, body), codec)
        return READERS[operation](message)
    except WibmoError as error:
        return error


def judge(data: bytes) -> object:
    """One answer made of these bytes: raw, inside a token, merged into a true one, or a true one gone wrong."""
    mode, rest = (data[0] % 4 if data else 0), data[1:]
    operation = OPERATIONS[len(rest) % len(OPERATIONS)]
    if mode == 0:
        return outcome(operation, 200, rest)
    if mode == 1:
        return outcome(operation, 200, _sealed(rest))
    if mode == 2:
        return outcome(operation, 200, _sealed(_merged(operation, rest)))
    chance = random.Random(rest)
    operation = chance.choice(OPERATIONS)
    message = _echoing(operation, _sample(operation, chance))
    for _ in range(chance.randrange(4)):
        _spoil(message, chance)
    return outcome(operation, chance.choice([200, 200, 200, 400, 429]), _sealed(json.dumps(message).encode()))


def _sealed(plain: bytes) -> bytes:
    return json.dumps({"token": CODEC.encode(plain)}).encode()


def _sample(operation: Operation, chance: random.Random) -> dict[str, Any]:
    name = chance.choice(SAMPLES[operation])
    found: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return found


def _echoing(operation: Operation, message: dict[str, Any]) -> dict[str, Any]:
    return {**message, "clientTxnId": TXN, "messageCode": operation.answer_code}


def _merged(operation: Operation, rest: bytes) -> bytes:
    try:
        given = json.loads(rest)
    except (ValueError, RecursionError):
        return rest
    if not isinstance(given, dict):
        return rest
    return json.dumps(_echoing(operation, {"responseCode": "00", **given})).encode()


def _spoil(message: dict[str, Any], chance: random.Random) -> None:
    place: Any = message
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return
        key = chance.choice(keys)
        if isinstance(place[key], dict | list) and place[key] and chance.random() < 0.8:
            place = place[key]
            continue
        if isinstance(place, dict) and chance.random() < 0.3:
            del place[key]
        else:
            place[key] = copy.deepcopy(chance.choice(ODDITIES))
        return


def main(arguments: list[str]) -> int:
    """0 after SECONDS without a finding; 2 if atheris is not there or the argument is not a number."""
    if len(arguments) != 1 or not arguments[0].isdigit():
        print("usage: python tests/wibmo/fuzz_response.py SECONDS", file=sys.stderr)
        return 2
    if importlib.util.find_spec("atheris") is None:
        print("fuzz: atheris is not here (`make fuzz` installs it, for Linux on x86-64 alone); nothing was tried", file=sys.stderr)
        return 2
    import atheris

    def try_one(data: bytes) -> None:
        judge(data)

    findings = Path(__file__).parents[2] / "build" / "fuzz-"
    findings.parent.mkdir(exist_ok=True)
    options = [f"-max_total_time={arguments[0]}", "-max_len=4096", f"-artifact_prefix={findings}"]
    atheris.Setup([sys.argv[0], *options], try_one)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
