"""A small server that speaks the web channel's protocol, with a bot that answers by rote and faults on demand."""

from __future__ import annotations

import itertools
import json
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

STATIC = Path(__file__).parents[2] / "bot" / "gateway" / "static"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "
)
FIELDS = ["last_four", "card_expiry", "date_of_birth"]
SESSION = {
    "sandbox": True,
    "banner": None,
    "language": "en",
    "support_phone": "1800 000 000",
    "privacy_url": "/privacy",
    "max_length": 4096,
}


@dataclass(frozen=True)
class Fault:
    """What becomes of one message or new session: an error answer, or (a message, status 0) taken and never answered."""

    status: int
    text: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Talk:
    """One session: its events so far and the streams that wait for more."""

    events: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    streams: list[queue.Queue[bytes | None]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)


class FakeServer:
    """Runs on a free port of this machine; `received`, `acks` and `headers` tell what came in."""

    def __init__(self, now: Callable[[], str]) -> None:
        self._now = now
        self._lock = threading.RLock()
        self._numbers = itertools.count(1)
        self._names = itertools.count(1)
        self.talks: dict[str, Talk] = {}
        self.session = dict(SESSION)
        self.received: list[dict[str, Any]] = []
        self.acks: list[int] = []
        self.sessions_opened = 0
        self.sessions_asked_at: list[float] = []
        self.languages: list[str | None] = []
        self.streams_opened: list[str | None] = []
        self.faults: list[Fault] = []
        self.session_faults: list[Fault] = []
        self.tells_own = True
        self.streams_refused = 0
        self.pages: dict[str, str] = {}
        self.framed_by = "'self'"
        self.refuses_streams = False
        self.answer: Callable[[FakeServer, str, dict[str, Any]], None] = lambda server, talk, message: None
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.received if message["type"] == "text"]

    def close(self) -> None:
        self.drop_streams()
        self._http.shutdown()
        self._http.server_close()

    # What the server does by itself

    def say(self, text: str, *, sender: str = "bot", talk: str | None = None, **more: Any) -> None:
        """A message to a talk, the newest when none is named."""
        with self._lock:
            name = talk or list(self.talks)[-1]
            number = next(self._numbers)
            event = {"id": number, "from": sender, "at": self._now(), "text": text, "buttons": [], "card": None}
            event |= {"history": False, **more}
            self.talks[name].events.append((number, "message", event))
            self._send(name, _frame("message", event, number))

    def ask(self, text: str, *titles: str, **more: Any) -> None:
        self.say(text, buttons=[{"id": f"b-{title}", "title": title} for title in titles], **more)

    def ask_details(self, text: str, **more: Any) -> None:
        self.say(text, card={"kind": "card_details", "fields": FIELDS}, **more)

    def typing(self, is_on: bool) -> None:
        with self._lock:
            self._send(list(self.talks)[-1], _frame("typing", {"on": is_on}))

    def drop_streams(self) -> None:
        """Cuts every open stream, as a failing network would."""
        with self._lock:
            for talk in self.talks.values():
                for stream in talk.streams:
                    stream.put(None)

    def replace_token(self) -> str:
        """Gives the newest talk a new name and cuts its streams, before the page has heard of the new one."""
        with self._lock:
            name = list(self.talks)[-1]
            fresh = f"s{next(self._names)}"
            self.talks[fresh] = self.talks.pop(name)
            for stream in self.talks[fresh].streams:
                stream.put(None)
            return fresh

    def expire(self, *, tell: bool = False) -> None:
        """Forgets every session, with or without saying so to the pages."""
        with self._lock:
            if tell:
                for name in self.talks:
                    self._send(name, _frame("closed", {}))
            self.drop_streams()
            self.talks.clear()

    def _send(self, talk: str, frame: bytes) -> None:
        for stream in self.talks[talk].streams:
            stream.put(frame)

    # What the pages ask

    def open_session(self, cookie: str | None) -> tuple[str, dict[str, Any]]:
        with self._lock:
            self.sessions_opened += 1
            resumed = cookie in self.talks
            name = cookie if cookie is not None and resumed else f"s{next(self._names)}"
            self.talks.setdefault(name, Talk())
            return name, {"resumed": resumed, **self.session}

    def accept(self, talk: str, message: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            echo = {"text": message.get("text"), "button": message.get("title"), "details": "Details sent"}
            said = str(echo[message["type"]])
            self.received.append(message)
            if message["id"] not in self.talks[talk].seen:
                self.talks[talk].seen.add(message["id"])
                if self.tells_own:
                    self.say(said, sender="you", talk=talk, message_id=message["id"])
                self.answer(self, talk, message)
            return {"accepted": True, "echo": said}

    def subscribe(self, talk: str, after: str | None) -> queue.Queue[bytes | None]:
        with self._lock:
            self.streams_opened.append(after)
            stream: queue.Queue[bytes | None] = queue.Queue()
            stream.put(b": ping\n\n")
            for number, kind, event in self.talks[talk].events:
                if after is None:
                    stream.put(_frame(kind, {**event, "history": True}, number))
                elif number > int(after):
                    stream.put(_frame(kind, event, number))
            self.talks[talk].streams.append(stream)
            return stream

    def end(self, talk: str) -> None:
        with self._lock:
            self._send(talk, _frame("closed", {}))
            for stream in self.talks.pop(talk).streams:
                stream.put(None)


def _frame(kind: str, data: dict[str, Any], number: int | None = None) -> bytes:
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {kind}\ndata: {json.dumps(data)}\n\n".encode()


def _handler_of(server: FakeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/web/events":
                return self._stream()
            if path in server.pages:
                return self._send_all(200, server.pages[path].encode(), "text/html", policy=None)
            pages = {"/": "widget.html", "/widget": "frame.html", "/privacy": "widget.html"}
            file = STATIC / pages.get(path, path.removeprefix("/static/"))
            if not file.is_file():
                return self._reply(404, {"error": "not_found"})
            return self._send_all(200, file.read_bytes(), TYPES.get(file.suffix, "text/plain"))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            if self.headers.get("X-Cardbot") != "1":
                return self._reply(403, {"error": "bad_request", "text": ""})
            if self.path == "/web/session":
                server.sessions_asked_at.append(time.monotonic())
                server.languages.append(body.get("language"))
                if server.session_faults:
                    fault = server.session_faults.pop(0)
                    return self._reply(fault.status, {"error": "fault", "text": fault.text}, fault.headers)
                name, answer = server.open_session(self._cookie())
                return self._reply(200, answer, {"Set-Cookie": f"talk={name}; HttpOnly; SameSite=Strict; Path=/"})
            if server.faults and self.path == "/web/messages":
                fault = server.faults.pop(0)
                if fault.status:
                    return self._reply(fault.status, {"error": "fault", "text": fault.text}, fault.headers)
                server.accept(str(self._cookie()), body)
                self.close_connection = True
                return None
            if self._cookie() not in server.talks:
                return self._reply(401, {"error": "no_session", "text": ""})
            if self.path == "/web/acks":
                server.acks.append(body["last"])
                return self._reply(204, None)
            return self._reply(202, server.accept(str(self._cookie()), body))

        def do_DELETE(self) -> None:
            if self._cookie() not in server.talks:
                return self._reply(401, {"error": "no_session"})
            server.end(str(self._cookie()))
            return self._reply(204, None)

        def _cookie(self) -> str | None:
            given = self.headers.get("Cookie") or ""
            return dict(part.strip().split("=", 1) for part in given.split(";") if "=" in part).get("talk")

        def _stream(self) -> None:
            talk = self._cookie()
            if server.refuses_streams:
                return self._reply(503, {"error": "later"})
            if talk not in server.talks:
                server.streams_refused += 1
                return self._reply(401, {"error": "no_session"})
            asked = parse_qs(urlsplit(self.path).query).get("after", [None])[0]
            stream = server.subscribe(str(talk), self.headers.get("Last-Event-ID") or asked)
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            try:
                while (frame := stream.get()) is not None:
                    self.wfile.write(frame)
                    self.wfile.flush()
            except OSError:
                return None

        def _reply(self, status: int, body: dict[str, Any] | None, headers: dict[str, str] | None = None) -> None:
            data = b"" if body is None else json.dumps(body).encode()
            self._send_all(status, data, "application/json", headers)

        def _send_all(
            self,
            status: int,
            data: bytes,
            kind: str,
            headers: dict[str, str] | None = None,
            policy: str | None = POLICY,
        ) -> None:
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            if policy is not None:
                self.send_header("Content-Security-Policy", policy + server.framed_by)
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Cache-Control", "no-store")
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

    return Handler
