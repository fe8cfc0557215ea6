"""A visitor of the benchmarks keeps the last cookie of each name."""

from __future__ import annotations

from bench.cookies import Cookies


def test_nobody_has_cookies_at_first():
    assert Cookies().header == b""


def test_a_later_cookie_replaces_the_one_of_its_name():
    cookies = Cookies()
    for each in (b"session=one; Path=/web", b"device=mine; HttpOnly", b"session=two; Path=/web"):
        cookies.take(each)

    assert cookies.header == b"Cookie: session=two; device=mine\r\n"


def test_a_cookie_without_a_value_takes_it_back():
    cookies = Cookies()
    cookies.take(b"session=one")
    cookies.take(b'session=""; Max-Age=0')

    assert cookies.header == b""
