"""What wakes an open stream, and whether there is anything to read when it wakes."""

from __future__ import annotations

import asyncio

from bot.gateway.watchers import Watchers

TALK = "web:1"


async def _wakes() -> None:
    watchers = Watchers()
    with watchers.watching(TALK) as watcher:
        watchers.notify(TALK, typing=True)
        assert (await watcher.wait(1.0), watcher.is_typing, watcher.has_lines()) == (True, True, False)
        watchers.notify(TALK)
        assert (await watcher.wait(1.0), watcher.is_typing, watcher.has_lines()) == (True, False, True)
        assert (await watcher.wait(0.01), watcher.has_lines()) == (False, False)


def test_an_announcement_needs_no_look_and_an_answer_does() -> None:
    asyncio.run(_wakes())


async def _comes_between() -> None:
    watchers = Watchers()
    with watchers.watching(TALK) as watcher:
        watchers.notify(TALK)
        watchers.notify(TALK, typing=True)  # of the next message, before anybody has looked

        assert (await watcher.wait(1.0), watcher.is_typing, watcher.has_lines()) == (True, True, True)


def test_an_announcement_does_not_hide_the_answer_before_it() -> None:
    asyncio.run(_comes_between())


async def _is_behind() -> None:
    watchers = Watchers()
    with watchers.watching(TALK) as watcher:
        watchers.wake_behind({TALK: 1})

        assert (await watcher.wait(1.0), watcher.has_lines()) == (True, True)


def test_whoever_is_behind_has_lines_to_read() -> None:
    asyncio.run(_is_behind())
