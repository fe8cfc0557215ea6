"""Sentence vectors ahead of the turns that need them: while a message is stored, and while other turns run."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from bot import cores
from bot.engine.normalizer import Normal, normalize
from bot.engine.sentence_encoder import SentenceEncoder

TOGETHER = 16


class Foresight:
    """The network computes on a thread of its own, without Python's lock, several texts at a time where many wait."""

    def __init__(self, encoder: SentenceEncoder, needs_vector: Callable[[Normal], bool] = lambda said: True) -> None:
        self._encoder = encoder
        self._needs_vector = needs_vector
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="foresight", initializer=cores.spare_this_thread)
        self._thread.submit(int).result()  # it is there, and spared, before threads are placed
        self._lock = threading.Lock()
        self._wanted: dict[str, Future[None]] = {}
        self._coming: dict[str, Future[None]] = {}

    def begin(self, text: str) -> Future[None] | None:
        """Have the encoder learn what this message means; None if it knows or need not. From any thread, never waits."""
        said = normalize(text)
        if not self._needs_vector(said):
            return None
        meant = said.meant
        with self._lock:
            if self._encoder.remembers(meant):
                return None
            asked = self._wanted.get(meant) or self._coming.get(meant)
            if asked is not None:
                return asked
            asked = self._wanted[meant] = Future()
        self._thread.submit(self._encode)
        return asked

    async def know(self, text: str) -> None:
        """Return once the encoder has what this message means among what it remembers, if that is needed."""
        asked = self.begin(text)
        if asked is not None:
            await asyncio.shield(asyncio.wrap_future(asked))

    def _encode(self) -> None:
        """The texts that wait longest; each that waits has a run of this, so that none is left behind."""
        with self._lock:
            some = {text: self._wanted.pop(text) for text in list(self._wanted)[:TOGETHER]}
            self._coming |= some
        if not some:
            return
        try:
            self._encoder.remember(list(some))
            problem = None
        except Exception as error:  # whoever waits for it is told
            problem = error
        with self._lock:
            for text in some:
                del self._coming[text]
        for asked in some.values():
            if problem is None:
                asked.set_result(None)
            else:
                asked.set_exception(problem)
