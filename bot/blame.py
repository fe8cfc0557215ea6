"""How a log names an error: kind and place, never its text, which may quote a value."""

from __future__ import annotations


def kind_and_place(error: BaseException) -> str:
    """The kind of an error and the line it came from: never its text, which may quote a value."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace else "?"
    return f"{type(error).__name__} at {place}"
