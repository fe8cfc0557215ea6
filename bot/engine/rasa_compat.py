"""Everything that is odd about running Rasa 3.6.21 as a library, without TensorFlow, on a living Python."""
from __future__ import annotations

import functools
import importlib.metadata
import logging
import os
import sys
import warnings
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any

from bot.engine.left_out import StandInFinder

RASA_VERSION = "3.6.21"
# Fields of Rasa's structured log lines that hold neither words nor values of a conversation.
_LOGGED_FIELDS = frozenset({"event", "level", "action_name", "len_extraction_events", "exc_info", "exception"})


class RasaCannotBeUsed(RuntimeError):
    """The installed Rasa is another version than the shims were written for, or was imported too early."""


_installed = False


def install(log_level: int = logging.WARNING) -> None:
    """Prepare this process for Rasa, once: call it before anything imports `rasa`.

    Args:
        log_level: the level from which Rasa's own log lines pass; what they say about a
            conversation is removed at every level.
    """
    global _installed
    if _installed:
        return
    _check_version()
    if "rasa" in sys.modules:
        raise RasaCannotBeUsed("rasa was imported before bot.engine.rasa_compat.install() was called")
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    # One turn multiplies a vector with a matrix: OpenBLAS would keep a second core spinning for that.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.meta_path.insert(0, StandInFinder())
    _hush(log_level)
    filter_warnings()
    for shim in SHIMS:
        shim()
    _check_telemetry()
    _installed = True


def _check_version() -> None:
    try:
        found = importlib.metadata.version("rasa")
    except importlib.metadata.PackageNotFoundError:
        raise RasaCannotBeUsed(f"Rasa is not installed; Cardbot needs rasa=={RASA_VERSION}") from None
    if found != RASA_VERSION:
        raise RasaCannotBeUsed(f"Cardbot needs rasa=={RASA_VERSION}, found {found}")


def _check_telemetry() -> None:
    from rasa import telemetry

    if telemetry.is_telemetry_enabled():
        raise RasaCannotBeUsed("Rasa's telemetry could not be switched off")


# --- quiet ----------------------------------------------------------------------------------------------------


def _hush(log_level: int) -> None:
    """Unconfigured, structlog prints slots and text of every turn at DEBUG: pass only harmless fields, and to logging."""
    import structlog

    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_log_level,
            keep_harmless_fields,
            structlog.processors.KeyValueRenderer(key_order=["event"]),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(log_level),
        cache_logger_on_first_use=True,
    )
    for name in ("rasa", "rasa_sdk"):
        logging.getLogger(name).setLevel(log_level)
    for name in ("matplotlib", "apscheduler", "asyncio", "h5py"):
        logging.getLogger(name).setLevel(max(log_level, logging.WARNING))


def keep_harmless_fields(
    logger: Any, method: str, event: MutableMapping[str, Any]
) -> Mapping[str, Any]:
    """Structlog processor: the name of what happened stays, what was said or known goes."""
    return {name: value for name, value in event.items() if name in _LOGGED_FIELDS}


def filter_warnings() -> None:
    """Silence what Rasa and its dependencies do with newer libraries; each filter names one message and module."""
    for message, category, module in (
        (r"pkg_resources is deprecated", Warning, ""),
        (r"Deprecated call to `pkg_resources", DeprecationWarning, ""),
        (r"invalid escape sequence", Warning, ""),
        (r".*declarative_base.*", Warning, r"rasa\."),
        (r".*SQLAlchemy 2\.0.*", Warning, r"rasa\."),
        (r"the load_module\(\) method is deprecated", DeprecationWarning, ""),
        (r"Slot auto-fill has been removed in 3.0", UserWarning, ""),
        (r"distutils Version classes are deprecated", DeprecationWarning, ""),
    ):
        warnings.filterwarnings("ignore", message=message, category=category, module=module)


# --- shims ----------------------------------------------------------------------------------------------------


def results_are_not_checked_against_a_schema() -> None:
    """rasa#11717: the schema of action results is itself checked at every call, four fifths of a turn.

    Actions run in process and `ActionRunner` builds the result, so there is nothing to check.
    """
    from rasa.core.actions.action import RemoteAction

    @functools.wraps(RemoteAction._validate_action_result)
    def accept(self: Any, result: dict[str, Any]) -> bool:
        return True

    RemoteAction._validate_action_result = accept


def calls_carry_this_turn_only() -> None:
    """rasa#6334, rasa#11828: every action call serialises all events of the conversation and the whole domain."""
    from rasa.core.actions.action import RemoteAction
    from rasa.shared.core.events import UserUttered
    from rasa.shared.core.trackers import EventVerbosity

    @functools.wraps(RemoteAction._action_call_format)
    def call(self: Any, tracker: Any, domain: Any) -> dict[str, Any]:
        state = tracker.current_state(EventVerbosity.NONE)
        events: list[Any] = []
        for event in reversed(tracker.events):
            events.append(event.as_dict())
            if isinstance(event, UserUttered):
                break
        state["events"] = events[::-1]
        return {"next_action": self.name(), "sender_id": tracker.sender_id, "tracker": state}

    RemoteAction._action_call_format = call


def text_is_never_an_intent() -> None:
    """Rasa reads text that begins with `/` as intent and entities, whoever typed it (threat T1)."""
    from rasa.nlu.classifiers.regex_message_handler import RegexMessageHandler

    # Rasa reads the annotations of every component's methods: wraps keeps the original's.
    @functools.wraps(RegexMessageHandler.process)
    def leave_alone(self: Any, messages: list[Any], domain: Any = None) -> list[Any]:
        return messages

    RegexMessageHandler.process = leave_alone


def model_archives_hold_data_only() -> None:
    """Rasa unpacks a model without a filter, which Python 3.12 warns of: no links out, no devices, no modes (threat T27)."""
    import tarfile

    from rasa.engine.storage.local_model_storage import TarSafe

    TarSafe.extraction_filter = staticmethod(tarfile.data_filter)


def model_archives_are_packed_at_the_usual_level() -> None:
    """Rasa has zlib try its hardest: measured, seven times its usual level's time for a model that is a hundredth smaller."""
    import tarfile

    from rasa.engine.storage.local_model_storage import TarSafe

    pack: Any = tarfile.TarFile.gzopen

    def gzopen(cls: Any, name: Any, mode: str = "r", fileobj: Any = None, compresslevel: int = 6, **kwargs: Any) -> Any:
        return pack.__func__(cls, name, mode, fileobj, compresslevel, **kwargs)

    TarSafe.gzopen = classmethod(gzopen)


def classes_of_events_are_found_once() -> None:
    """rasa#6334: for every event that an action returns Rasa walks through all classes of events, and looks at each closely."""
    from rasa.shared.core.events import Event

    Event.resolve_by_type = staticmethod(functools.cache(Event.resolve_by_type))


def domains_are_read_once() -> None:
    """rasa#11290: a model's domain.yml is parsed six times over, four fifths of loading it; the metadata beside it holds the same."""
    from rasa.engine.storage.local_model_storage import LocalModelStorage
    from rasa.graph_components.providers.domain_provider import DomainProvider

    unpack = LocalModelStorage.from_model_archive.__func__
    read_from_file = DomainProvider.load.__func__

    @functools.wraps(unpack)
    def unpack_with_domain(cls: Any, storage_path: Any, model_archive_path: Any) -> Any:
        storage, metadata = unpack(cls, storage_path, model_archive_path)
        storage.domain = metadata.domain
        return storage, metadata

    @functools.wraps(read_from_file)
    def load(cls: Any, config: Any, model_storage: Any, resource: Any, execution_context: Any, **kwargs: Any) -> Any:
        domain = getattr(model_storage, "domain", None)  # there is none while a model is trained
        if domain is None:
            return read_from_file(cls, config, model_storage, resource, execution_context, **kwargs)
        return cls(model_storage, resource, domain)

    LocalModelStorage.from_model_archive = classmethod(unpack_with_domain)
    DomainProvider.load = classmethod(load)


def training_files_are_read_once() -> None:
    """rasa#6896, rasa#7272: an importer reads domain and NLU files as often as it is asked, twice or three times in one training."""
    from rasa.shared.importers.rasa import RasaFileImporter
    from rasa.shared.utils.common import cached_method

    for name in ("get_domain", "get_nlu_data"):
        read = getattr(RasaFileImporter, name)
        setattr(RasaFileImporter, name, functools.wraps(read)(cached_method(read)))


SHIMS: Sequence[Callable[[], None]] = (
    results_are_not_checked_against_a_schema,
    calls_carry_this_turn_only,
    text_is_never_an_intent,
    model_archives_hold_data_only,
    model_archives_are_packed_at_the_usual_level,
    classes_of_events_are_found_once,
    domains_are_read_once,
    training_files_are_read_once,
)
