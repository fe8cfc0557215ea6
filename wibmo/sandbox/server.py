"""The pretend bank on a real socket: a threaded HTTP server around the teller."""

from __future__ import annotations

import secrets
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from wibmo.config import ClientConfig
from wibmo.dialects import Dialect, dialect_from
from wibmo.sandbox import people as folk
from wibmo.sandbox.admin import PREFIX, administer
from wibmo.sandbox.credentials import Credentials
from wibmo.sandbox.desk import Desk
from wibmo.sandbox.faults import SCENARIOS, FaultPlan, read_fault
from wibmo.sandbox.ledger import Ledger
from wibmo.sandbox.people import Person
from wibmo.sandbox.style import Style, style_for
from wibmo.sandbox.teller import FAULT_HEADER, Call, Reply, Teller
from wibmo.tokens import LocalCodec, Mode

_LARGEST_REQUEST = 64_000
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Sandbox:
    """A stateful stand-in for the bank.

    It does not imitate: money movement, KYC, card issue, rate limits, the platform's true order of checks,
    its latency, or how long it remembers a clientTxnId. Which wrong detail gets which code is our invention.

        with Sandbox() as bank:
            client = CardClient(bank.config())
            bank.fault("update", "drop_after_apply")

    `on_text` learns of every code that is texted, as the phone would: its number and the code.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        dialect: str | Dialect = "v3",
        style: Style | None = None,
        credentials: Credentials | None = None,
        people: Sequence[Mapping[str, Any]] | None = None,
        scenario: str = "calm",
        clock: Callable[[], float] = time.time,
        new_otp: Callable[[], str] = lambda: f"{secrets.randbelow(10**6):06}",
        on_text: Callable[[str, str], None] = lambda mobile, code: None,
    ) -> None:
        if scenario not in SCENARIOS:
            raise ValueError("unknown scenario; known are " + ", ".join(SCENARIOS))
        self.credentials = credentials or Credentials()
        self.dialect = dialect_from(dialect)
        self.ledger = Ledger(clock)
        self.clock, self._host, self._port = clock, host, port
        self._plan = FaultPlan()
        self._stopping = threading.Event()
        self._server: _Server | None = None
        for operation, fault in SCENARIOS[scenario]:
            self.fault(operation, fault, times=None)
        entries = folk.seed() if people is None else people
        self.ledger.add(folk.read_people(entries, clock()))
        mode = Mode.RANDOM_IV if self.dialect.codec == "vendor" else Mode(self.dialect.codec)
        desk = Desk(
            self.ledger, self.dialect, style or style_for(self.dialect), self.credentials.product_id, new_otp, on_text
        )
        codec = LocalCodec(self.credentials.key, mode)
        self._teller = Teller(desk, self.dialect, self.credentials, codec, self._plan, clock, self._stopping)

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The base URL to give to a client."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    @property
    def calls(self) -> list[Call]:
        """Every API call seen, oldest first, also those that got no answer."""
        return self._teller.calls

    def start(self) -> None:
        """Listens; after a stop() on the same port, with the ledger kept. OSError if it is taken."""
        self._stopping.clear()
        self._server = _Server((self._host, self._port), self)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="sandbox", daemon=True).start()

    def stop(self) -> None:
        """Refuses new connections and cuts the open ones."""
        if self._server:
            self._stopping.set()
            self._server.shutdown()
            self._server.cut_all()
            self._server.server_close()
            self._server = None

    def fault(
        self,
        operation: str,
        kind: str | int,
        *,
        times: int | None = 1,
        urn: str | None = None,
        applied: bool | None = None,
    ) -> None:
        """Spoils the next `times` calls (None: all) of an operation ("*": any), for one URN if given.

        `kind` is one of faults.KINDS, some with a value: "latency=2", "hang=5", "code=1052", "status=503".
        `applied` overrides whether the request takes effect before its answer is spoilt.
        """
        self._plan.add(operation, read_fault(kind, applied=applied), times, urn)

    def clear_faults(self) -> None:
        self._plan.clear()

    def people(self) -> tuple[Person, ...]:
        """Every cardholder as the ledger has them now."""
        return self.ledger.people

    def person(self, key: str) -> Person:
        """The cardholder of that key in seed.json."""
        return next(each for each in self.ledger.people if each.key == key)

    def add_person(self, entry: Mapping[str, Any]) -> Person:
        """One more cardholder, written as in seed.json."""
        found = folk.read_people([entry], self.clock(), first=len(self.ledger.people) + 1)
        self.ledger.add(found)
        return found[0]

    def config(self, **changes: Any) -> ClientConfig:
        """What a client needs to talk to this sandbox."""
        known = {"base_url": self.url, "dialect": self.dialect, **vars(self.credentials)}
        return ClientConfig(**{**known, **changes})

    def answer(self, verb: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """The reply to one HTTP request; header names in lower case."""
        controlled = self._host in _LOOPBACK
        if path.startswith(PREFIX) and controlled:
            return administer(self, verb, path, headers, body)
        if not controlled:
            headers = {name: value for name, value in headers.items() if name != FAULT_HEADER}
        return self._teller.handle(verb, path, headers, body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._open: set[socket.socket] = set()
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that hung up is what the faults are about; anything else is a fault of ours.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def cut_all(self) -> None:
        for request in list(self._open):
            try:
                request.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "wibmo-sandbox"
    sys_version = ""
    timeout = 30.0
    wbufsize = -1  # one segment per reply
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        try:
            length = int(self.headers.get("Content-Length", "0"))
        except ValueError:
            length = -1
        if not 0 <= length <= _LARGEST_REQUEST:
            self.close_connection = True
            self._write(Reply(413, b"{}"))
            return
        body = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._write(self.server.sandbox.answer(self.command, self.path, headers, body))

    do_GET = do_PATCH = do_DELETE = do_PUT = do_POST

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(
            round(self.server.sandbox.clock() if timestamp is None else timestamp)
        )

    def log_message(self, *args: object) -> None:
        """Silent: a path or status is of no use without its call, which `calls` has."""

    def _write(self, reply: Reply) -> None:
        if reply.status == 0:
            self.close_connection = True
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.kind)
        self.send_header("Content-Length", str(len(reply.body)))
        if reply.cut_at is not None or self.headers.get("Connection", "").lower() == "close":
            self.close_connection = True
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body[: reply.cut_at])
