"""Packages that Rasa imports and Cardbot runs without: whoever names something of them gets a stand-in, whoever calls it an error."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import types
from collections.abc import MutableSequence, Sequence
from typing import Any

LEFT_OUT = frozenset(
    {
        # Nothing here computes with TensorFlow; it is not installed.
        "tensorflow", "keras", "tensorflow_hub", "tensorflow_text", "tensorflow_addons",
        # Rasa imports these for stores and channels that Cardbot does not use; none of them is installed.
        "pymongo", "boto3", "botocore", "redis", "aiogram", "fbmessenger", "mattermostwrapper", "rocketchat_API",
        "slack_sdk", "socketio", "twilio", "webexteamssdk", "google.auth", "google.oauth2", "cachecontrol",
        # Training data for TensorFlow, the only thing that makes every process import scikit-learn.
        "rasa.utils.tensorflow.model_data",
    }
)  # fmt: skip


class LeftOut(RuntimeError):
    """Something called a package that Cardbot runs without, such as TensorFlow."""


class _StandIn(type):
    """A class for any name of a package that is left out: to be named, subclassed and annotated with, never called."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return _stand_in(f"{cls.__qualname__}.{name}")

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        raise LeftOut(f"Cardbot runs without {cls.__qualname__.partition('.')[0]}, but {cls.__qualname__} was called")

    def __or__(cls, other: Any) -> Any:
        return cls

    __ror__ = __or__

    def __getitem__(cls, key: Any) -> Any:
        return cls


_PROBES = frozenset({"is_tensor", "is_keras_tensor", "is_symbolic_tensor"})
_DECORATORS = frozenset({"function", "register_keras_serializable"})
_made: dict[str, Any] = {}


def _stand_in(path: str) -> Any:
    """The one stand-in for a name; other libraries' probes are answered with no, decorators leave as it is."""
    if path not in _made:
        name = path.rpartition(".")[2]
        if name in _PROBES:
            _made[path] = lambda *args, **kwargs: False
        elif name in _DECORATORS:
            _made[path] = _decorate_nothing
        elif name.endswith(("Error", "Exception", "Failure")):
            _made[path] = type(name, (Exception,), {"__module__": __name__})
        else:
            _made[path] = _StandIn(name, (), {"__qualname__": path, "__module__": __name__})
    return _made[path]


def _decorate_nothing(*args: Any, **kwargs: Any) -> Any:
    return args[0] if args and callable(args[0]) else lambda decorated: decorated


class _StandInModule(types.ModuleType):
    __path__: MutableSequence[str] = []  # noqa: RUF012  (the type of every module's own)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return _stand_in(f"{self.__name__}.{name}")


class StandInFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Stands in `sys.meta_path` before those that look for what is installed."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        parts = fullname.split(".")
        if any(".".join(parts[:count]) in LEFT_OUT for count in range(1, len(parts) + 1)):
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _StandInModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass
