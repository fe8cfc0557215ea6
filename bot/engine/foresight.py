"""Sentence vectors ahead of the turns that need them, where many wait: other turns go on meanwhile."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from bot.engine.normalizer import normalize
from bot.engine.sentence_encoder import SentenceEncoder

TOGETHER = 16


class Foresight:
    """The network computes without Python's lock, and several texts of one length for little more than one."""

    def __init__(self, encoder: SentenceEncoder) -> None:
        self._encoder = encoder
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="foresight")
        self._lock = threading.Lock()
        self._wanted: dict[str, None] = {}

    async def know(self, text: str) -> None:
        """Return once the encoder has what this message means among what it remembers."""
        meant = normalize(text).meant
        if self._encoder.remembers(meant):
            return
        with self._lock:
            self._wanted[meant] = None
        await asyncio.get_running_loop().run_in_executor(self._thread, self._encode)

    def _encode(self) -> None:
        """The texts that wait longest; each that waits has a run of this, so that none is left behind."""
        with self._lock:
            texts = list(self._wanted)[:TOGETHER]
            for text in texts:
                del self._wanted[text]
        self._encoder.remember(texts)
