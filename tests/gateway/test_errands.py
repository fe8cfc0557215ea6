"""Jobs of one conversation one after the other, those of different channels beside each other."""

from __future__ import annotations

import threading

from bot.gateway.errands import LONGEST_QUEUE, Errands


def test_jobs_of_one_conversation_are_done_in_order() -> None:
    errands, done = Errands(), []
    finished = threading.Event()

    for number in range(50):
        errands.run("telegram:a", lambda number=number: done.append(number))  # type: ignore[misc]
    errands.run("telegram:a", finished.set)

    assert finished.wait(10)
    assert done == list(range(50))
    errands.close()


def test_a_platform_that_hangs_holds_up_no_other() -> None:
    errands, let_go, arrived = Errands(workers=1), threading.Event(), threading.Event()

    errands.run("whatsapp:a", lambda: void(let_go.wait(10)))
    errands.run("whatsapp:b", lambda: None)
    errands.run("telegram:a", arrived.set)

    assert arrived.wait(5)
    let_go.set()
    errands.close()


def test_a_job_that_comes_too_late_is_let_go() -> None:
    moment = [0.0]
    errands, done, finished = Errands(now=lambda: moment[0]), [], threading.Event()
    begun, let_go = threading.Event(), threading.Event()

    errands.run("telegram:a", lambda: void(begun.set(), let_go.wait(10)))
    assert begun.wait(5)
    errands.run("telegram:a", lambda: done.append("late"), within=5.0)
    errands.run("telegram:a", lambda: done.append("whenever"))
    errands.run("telegram:a", finished.set)
    moment[0] = 6.0
    let_go.set()

    assert finished.wait(10)
    assert done == ["whenever"]
    errands.close()


def test_a_job_that_fails_does_not_stop_the_next() -> None:
    errands, finished = Errands(), threading.Event()

    errands.run("telegram:a", lambda: void(1 / 0))
    errands.run("telegram:a", finished.set)

    assert finished.wait(10)
    errands.close()


def test_a_conversation_cannot_queue_without_end_and_nothing_runs_after_closing() -> None:
    errands, done, begun, let_go = Errands(), [], threading.Event(), threading.Event()

    errands.run("telegram:a", lambda: void(begun.set(), let_go.wait(10)))
    assert begun.wait(5)
    for _ in range(3 * LONGEST_QUEUE):
        errands.run("telegram:a", lambda: done.append(1))
    let_go.set()
    errands.run("telegram:b", lambda: None)
    until = threading.Event()
    errands.run("telegram:a", until.set)
    errands.close()
    errands.run("telegram:a", lambda: done.append(2))

    assert len(done) <= LONGEST_QUEUE
    assert 2 not in done


def void(*_: object) -> None:
    """For a lambda that has nothing to return."""
