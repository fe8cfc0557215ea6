"""Proof by measurement: neither the words of a refusal nor how soon they come tell what was wrong.

`make prove-oracle N=200` (or `python tests/proofs/oracle.py N [FLOOR]`) lets N visitors of the web channel fail in each
of five ways: no such card (1001), no details (1303), wrong last four (1335), several customers (1336), and right details
from somebody whose phone, for which the bank's page vouches, is not the registered one. That last one costs the bank two
calls, the others one; each call takes 20 to 120 ms at random. Measured is from the sending of the details to the first
word of the answer on the event stream, all kinds mixed at random. Texts must be the same, and the two-sample
Kolmogorov-Smirnov distance of the worst pair at most 0.2. With FLOOR 0 nothing is held back: then it must fail, on a
machine that is not so busy with other things that their noise covers the difference of a call.
"""

from __future__ import annotations

import itertools
import queue
import random
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from scipy.stats import ks_2samp

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [] if str(ROOT) in sys.path else [str(ROOT)]

from bot.engine.training import train  # noqa: E402  (after the path)
from tests.conversations.server import Server  # noqa: E402
from tests.conversations.test_host_identity import KEY, Guest, token  # noqa: E402
from wibmo.sandbox import Sandbox  # noqa: E402
from wibmo.sandbox.teller import Reply  # noqa: E402

KINDS = ("1001", "1303", "1335", "1336", "mismatch")
SUCCESS = "success"
WORST = 0.2
FLOOR = 1.5
AT_ONCE = 4
CALL_SECONDS = (0.02, 0.12)
STRANGER = "919000000009"


class SlowBank(Sandbox):
    """Every call of it takes a random time."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__()
        self._pace, self._lock = rng, threading.Lock()

    def answer(self, verb: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        with self._lock:
            seconds = self._pace.uniform(*CALL_SECONDS)
        time.sleep(seconds)
        return super().answer(verb, path, headers, body)


@dataclass(frozen=True)
class Trial:
    """One way to fail, or to succeed, and the details with which it happens."""

    kind: str
    last_four: str
    expiry: str
    birthday: str
    mobile: str


@dataclass
class Measured:
    """What was heard, by kind: seconds, and every text that came."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in (*KINDS, SUCCESS)})
    texts: dict[str, set[tuple[str, ...]]] = field(default_factory=lambda: {kind: set() for kind in KINDS})

    def distances(self) -> dict[tuple[str, str], float]:
        """The distance of each pair of kinds."""
        return {
            (one, other): float(ks_2samp(self.seconds[one], self.seconds[other]).statistic)
            for one, other in itertools.combinations(KINDS, 2)
        }

    def all_texts(self) -> set[tuple[str, ...]]:
        return set().union(*self.texts.values())


def trials(bank: Sandbox, n: int, rng: random.Random) -> list[Trial]:
    """Every trial with cardholders and last four digits of its own, mixed."""
    numbers = itertools.count(1)
    fours = [f"{each:04}" for each in rng.sample(range(2000, 9999), (len(KINDS) + 1) * n)]
    found = [_trial(bank, kind, fours.pop(), numbers) for kind in (*KINDS, SUCCESS) for _ in range(n)]
    rng.shuffle(found)
    return found


def _trial(bank: Sandbox, kind: str, last_four: str, numbers: itertools.count[int]) -> Trial:
    people = {"1001": 0, "1336": 2}.get(kind, 1)
    expiry, mobile = "0130", STRANGER
    for _ in range(people):
        number = next(numbers)
        made = bank.add_person({
            "key": f"oracle-{number}", "name": ["Devika", "Pillai"], "date_of_birth": "1984-05-17", "mobile": f"9197{number:08}",
            "email": f"oracle{number}@example.com",
            "cards": [{"urn": f"8{number:010}", "last_four": last_four, "expires": "+20m", "wallets": {"GPR Wallet": "1.00"}}],
            **({"faults": {"verify": f"code={kind}"}} if kind in ("1303", "1335") else {}),
        })  # fmt: skip
        expiry, mobile = made.expiry, made.mobile
    held = STRANGER if kind == "mismatch" else mobile
    return Trial(kind, last_four, f"{expiry[:2]}/{expiry[2:]}", "17-05-1984", held)


class Observer:
    """Lets visitors try, a few at a time, and writes down what they heard and when."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self.measured = Measured()

    def watch(self, trial: Trial) -> None:
        guest = Guest(self._url)
        guest.http.headers["X-Forwarded-For"] = f"198.51.100.{random.randrange(1, 255)}"
        guest.open()
        try:
            if guest.vouched(token(trial.mobile)) != 204:
                raise RuntimeError("the page's token was not taken")
            guest.say("balance", quiet=0.2)
            seconds, texts = self._fail(guest, trial)
        finally:
            guest.close()
        with self._lock:
            self.measured.seconds[trial.kind].append(seconds)
            if trial.kind in self.measured.texts:
                self.measured.texts[trial.kind].add(texts)

    def _fail(self, guest: Guest, trial: Trial) -> tuple[float, tuple[str, ...]]:
        details = {"last_four": trial.last_four, "card_expiry": trial.expiry, "date_of_birth": trial.birthday}
        began = time.monotonic()
        guest.post({"type": "details", **details})
        first = guest._arrived.get(timeout=60)
        seconds = time.monotonic() - began
        texts = [str(first["text"])]
        while True:
            try:
                texts.append(str(guest._arrived.get(timeout=0.4)["text"]))
            except queue.Empty:
                return seconds, tuple(texts)


def prove(n: int, folder: Path, *, floor: float = FLOOR, seed: int = 1) -> Measured:
    """Run N trials of each kind against a server and a bank of their own."""
    rng = random.Random(seed)
    public = folder / "bank.pem"
    public.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    settings: dict[str, str] = {
        "CARDBOT_WEB_POSSESSION": "required",
        "CARDBOT_WEB_IDENTITY_KEYS": str(public),
        "CARDBOT_WEB_IDENTITY_ISSUER": "https://bank.example",
        "CARDBOT_PUBLIC_URL": "https://cards.example",
        "CARDBOT_TRUSTED_PROXIES": "127.0.0.1",
        "CARDBOT_URN_PRINTED": "on the back of the card",
        "CARDBOT_REFUSAL_FLOOR": str(floor),
        "CARDBOT_LOG_LEVEL": "WARNING",
    }
    model = train(ROOT, ROOT / "build" / "models" / "cardbot.tar.gz", lambda line: None)
    with SlowBank(random.Random(seed + 1)) as bank:
        waiting = trials(bank, n, rng)
        server = Server(folder / "var", bank.url, model, settings)
        server.start(300)
        try:
            observer = Observer(server.url)
            with ThreadPoolExecutor(AT_ONCE) as crowd:
                list(crowd.map(observer.watch, waiting))
        finally:
            server.stop()
    return observer.measured


def table(measured: Measured) -> list[str]:
    """What was measured, in lines."""
    lines = ["kind        n   median      5 %     95 %  (ms)"]
    for kind, seconds in measured.seconds.items():
        low, *_, high = quantiles(seconds, n=20) if len(seconds) > 1 else seconds * 2
        figures = "".join(f"{value * 1000:9.0f}" for value in (median(seconds), low, high))
        lines.append(f"{kind:9}{len(seconds):4}{figures}")
    lines += [f"KS {one} / {other}: {distance:.3f}" for (one, other), distance in measured.distances().items()]
    return lines


def main(arguments: Sequence[str]) -> int:
    n = int(arguments[0]) if arguments else 200
    floor = float(arguments[1]) if len(arguments) > 1 else FLOOR
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        measured = prove(n, Path(folder), floor=floor)
    print("\n".join(table(measured)))
    worst, texts = max(measured.distances().values()), measured.all_texts()
    is_quick = min(measured.seconds[SUCCESS]) < floor or not floor
    print(
        f"{n} of each kind, floor {floor:g} s, {time.monotonic() - began:.0f} s: {len(texts)} text(s), "
        f"worst distance {worst:.3f} (at most {WORST}), success {'not ' if is_quick else ''}held back"
    )
    return int(worst > WORST or len(texts) != 1 or not is_quick)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
