"""What our token costs beside its parts alone: AES-192-CBC, base64 and json with nothing around them."""

from __future__ import annotations

import json
import secrets
import statistics
import time
from base64 import b64decode, b64encode
from collections.abc import Callable

from Crypto.Cipher import AES

from wibmo.answers import parse_json
from wibmo.tokens import LocalCodec

KEY = b"a key of exactly 24 byte"
MESSAGE = {
    "messageCode": 1280, "clientTxnId": "ABCDEFGH234567", "requestDateTime": "20261122120000", "productId": "9",
    "urn": "70000000001", "cardProfileId": "150", "firstName": "Asha", "dateOfBirth": "11-07-1993",
    "email": "asha.menon@example.com",
}  # fmt: skip
TARGET = 1.5


def ours(codec: LocalCodec) -> object:
    """One message to a token and back, as the client does it."""
    token = codec.encode(json.dumps(MESSAGE, separators=(",", ":")).encode())
    return parse_json(codec.decode(token))


def floor() -> object:
    """The same with the bare libraries."""
    plain = json.dumps(MESSAGE, separators=(",", ":")).encode()
    size = 16 - len(plain) % 16
    iv = secrets.token_bytes(16)
    token = b64encode(iv + AES.new(KEY, AES.MODE_CBC, iv=iv).encrypt(plain + bytes([size]) * size))
    raw = b64decode(token)
    padded = AES.new(KEY, AES.MODE_CBC, iv=raw[:16]).decrypt(raw[16:])
    return json.loads(padded[: -padded[-1]])


def figures(rounds: int = 200, batch: int = 25) -> dict[str, float]:
    """Microseconds per message of both, by the quickest of interleaved batches, and their ratio."""
    codec = LocalCodec(KEY)
    assert ours(codec) == floor() == MESSAGE
    mine, bare, ratios = [], [], []
    for _ in range(rounds):
        mine.append(_seconds(lambda: ours(codec), batch))
        bare.append(_seconds(floor, batch))
        ratios.append(mine[-1] / bare[-1])
    return {
        "ours_us": min(mine) / batch * 1e6,
        "floor_us": min(bare) / batch * 1e6,
        "ratio": min(mine) / min(bare),
        "ratio_median": statistics.median(ratios),
    }


def _seconds(call: Callable[[], object], times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        call()
    return time.process_time() - began


if __name__ == "__main__":
    found = figures()
    print(
        f"codec: {found['ours_us']:.1f} us a message, floor {found['floor_us']:.1f} us,"
        f" ratio {found['ratio']:.2f} (target {TARGET} at most)"
    )
