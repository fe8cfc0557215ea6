"""The connection of the benchmarks gives whole replies however they come, and asks again only where that is safe."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from bench.connection import Connection, NoAnswer
from bench.cookies import Cookies
from bench.wire import Lost, Wire
from tests.bench.counter import CHUNKED, Asked, Counter, chunk, cut, reply

Run = Callable[[Coroutine[Any, Any, Any]], Any]


def says(*answers: bytes, is_kept: bool = True) -> Counter:
    """A counter that gives these answers, byte by byte, to one request after the other; the last one again and again."""
    left = list(answers)

    async def serve(asked: Asked, writer: asyncio.StreamWriter) -> bool:
        await cut(writer, left.pop(0) if len(left) > 1 else left[0])
        return is_kept

    return Counter(serve)


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (reply(b"that much"), 200, b"that much"),
        (CHUNKED + chunk(b"that ") + chunk(b"much") + b"0\r\n\r\n", 200, b"that much"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (reply(b"no", "401 Unauthorized"), 401, b"no"),
    ],
)
def test_a_reply_is_whole_however_it_was_cut(run: Run, answer: bytes, status: int, body: bytes) -> None:
    async def ask() -> None:
        async with says(answer) as counter, Connection(counter.url) as http:
            replies = [await http.post("/", b"{}"), await http.get("/")]

            assert [(each.status, each.body) for each in replies] == [(status, body)] * 2
            assert [each.connection for each in counter.asked] == [1, 1]

    run(ask())


def test_a_request_carries_its_headers_and_its_length(run: Run) -> None:
    async def ask() -> None:
        async with says(reply()) as counter, Connection(counter.url, {"X-Cardbot": "1"}) as http:
            await http.post("/web/acks", b'{"last": 2}', {"X-More": "yes"})

            (asked,) = counter.asked
            assert (asked.line, asked.body) == ("POST /web/acks HTTP/1.1", b'{"last": 2}')
            assert asked.headers["host"] == counter.url.removeprefix("http://")
            assert (asked.headers["x-cardbot"], asked.headers["x-more"]) == ("1", "yes")

    run(ask())


def test_a_connection_that_was_given_up_while_idle_is_opened_again(run: Run) -> None:
    async def ask() -> None:
        async with says(reply()) as counter, Connection(counter.url) as http:
            await http.post("/", b"first")
            counter.hang_up()
            await http.post("/", b"second")

            assert [(each.body, each.connection) for each in counter.asked] == [(b"first", 1), (b"second", 2)]

    run(ask())


def test_a_request_that_crossed_the_end_of_an_idle_connection_is_sent_again(run: Run) -> None:
    async def serve(asked: Asked, writer: asyncio.StreamWriter) -> bool:
        if (asked.body, asked.connection) == (b"second", 1):
            return False
        writer.write(reply())
        return True

    async def ask() -> None:
        async with Counter(serve) as counter, Connection(counter.url) as http:
            await http.post("/", b"first")
            answer = await http.post("/", b"second")

            assert answer.status == 200
            assert [(each.body, each.connection) for each in counter.asked[1:]] == [
                (b"second", 1),
                (b"second", 2),
            ]

    run(ask())


def test_a_request_whose_reply_had_begun_is_not_sent_again(run: Run) -> None:
    async def serve(asked: Asked, writer: asyncio.StreamWriter) -> bool:
        is_first = asked.body == b"first"
        await cut(writer, reply() if is_first else reply()[:9])
        return is_first

    async def ask() -> None:
        async with Counter(serve) as counter, Connection(counter.url) as http:
            await http.post("/", b"first")
            with pytest.raises(NoAnswer, match="ended before"):
                await http.post("/", b"second")

            assert [each.body for each in counter.asked] == [b"first", b"second"]

    run(ask())


def test_a_new_connection_that_ends_without_a_reply_is_no_answer(run: Run) -> None:
    async def ask() -> None:
        async with says(b"", is_kept=False) as counter, Connection(counter.url) as http:
            with pytest.raises(NoAnswer, match="ended before"):
                await http.post("/", b"{}")

            assert len(counter.asked) == 1

    run(ask())


def test_where_nobody_listens_there_is_no_answer(run: Run, free_port: int) -> None:
    async def ask() -> None:
        async with Connection(f"http://127.0.0.1:{free_port}") as http:
            with pytest.raises(NoAnswer, match="nobody listens"):
                await http.get("/")

    run(ask())


def test_what_is_not_http_is_no_answer(run: Run) -> None:
    async def ask() -> None:
        async with says(b"220 mail.example ESMTP\r\n") as counter, Connection(counter.url) as http:
            with pytest.raises(NoAnswer, match="not HTTP"):
                await http.post("/", b"{}")

    run(ask())


def test_a_server_that_says_close_is_not_asked_over_the_same_connection(run: Run) -> None:
    async def ask() -> None:
        closing = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        async with says(closing) as counter, Connection(counter.url) as http:
            await http.get("/")
            await http.get("/")

            assert [each.connection for each in counter.asked] == [1, 2]

    run(ask())


def test_what_nobody_asked_for_is_nobodys_reply(run: Run) -> None:
    async def serve(asked: Asked, writer: asyncio.StreamWriter) -> bool:
        await cut(writer, reply(asked.body), size=1000)
        if asked.body == b"first":
            await cut(writer, reply(b"you were idle", "408 Request Timeout")[:-5], size=1000)
        return True

    async def ask() -> None:
        async with Counter(serve) as counter, Connection(counter.url) as http:
            await http.post("/", b"first")
            for _ in range(10):
                await asyncio.sleep(0)

            assert (await http.post("/", b"second")).body == b"second"
            assert [each.connection for each in counter.asked] == [1, 2]

    run(ask())


def test_a_reply_that_is_waited_for_no_longer_is_not_taken_for_the_next_one(run: Run) -> None:
    held = asyncio.Event()

    async def serve(asked: Asked, writer: asyncio.StreamWriter) -> bool:
        if asked.body == b"slow":
            held.set()
            await asyncio.sleep(0)
        await cut(writer, reply(asked.body))
        return True

    async def ask() -> None:
        async with Counter(serve) as counter, Connection(counter.url) as http:
            asking = asyncio.create_task(http.post("/", b"slow"))
            await held.wait()
            asking.cancel()
            await asyncio.wait([asking])

            assert asking.cancelled()
            assert (await http.post("/", b"quick")).body == b"quick"

    run(ask())


def test_patience_ends() -> None:
    async def wait() -> None:
        async with says(b"") as counter:
            port = int(counter.url.rpartition(":")[2])
            _, wire = await asyncio.get_running_loop().create_connection(
                lambda: Wire(Cookies()), "127.0.0.1", port
            )
            with pytest.raises(Lost, match="in time"):
                await wire.exchange(b"GET / HTTP/1.1\r\n\r\n", None, 0.001)

            assert wire.is_closed

    asyncio.run(wait())


def test_connections_that_share_cookies_are_one_visitor(run: Run) -> None:
    async def ask() -> None:
        cookies = Cookies()
        given = reply(b"", "200 OK", "Set-Cookie: session=one; Path=/web; HttpOnly")
        async with (
            says(given) as counter,
            Connection(counter.url, None, cookies) as one,
            Connection(counter.url, None, cookies) as two,
        ):
            await one.get("/")
            await two.get("/")

            assert [each.headers.get("cookie") for each in counter.asked] == [None, "session=one"]

    run(ask())


def test_what_is_followed_is_heard_as_it_comes(run: Run) -> None:
    async def ask() -> None:
        heard: list[bytes] = []
        async with (
            says(CHUNKED + chunk(b"one") + chunk(b"two") + b"0\r\n\r\n") as counter,
            Connection(counter.url) as http,
        ):
            answer = await http.follow("/", heard.append)

            assert b"".join(heard) == b"onetwo"
            assert (answer.status, answer.body) == (200, b"")

    run(ask())
