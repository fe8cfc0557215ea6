"""Each oddity of running Rasa this way is still needed, and does no more than it says."""

from __future__ import annotations

import inspect
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.engine import rasa_compat
from bot.engine.left_out import LeftOut

rasa_compat.install()

ROOT = Path(__file__).resolve().parents[2]


def in_new_process(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_absent_packages_can_be_named_but_not_called() -> None:
    import tensorflow as tf
    from tensorflow.keras import layers

    class Layer(layers.Layer):
        @tf.function
        def call(self, inputs: tf.Tensor | None) -> list[tf.Tensor]:
            return []

    assert not tf.is_tensor(1)
    assert not isinstance(1, tf.Tensor)
    with pytest.raises(LeftOut, match="without tensorflow"):
        tf.constant(1)
    with pytest.raises(LeftOut):
        Layer()


def test_a_component_that_needs_tensorflow_says_so() -> None:
    from rasa.core.policies import ted_policy

    with pytest.raises(LeftOut, match="tensorflow"):
        ted_policy.tf.cast(1, ted_policy.tf.float32)


def test_importing_the_engine_reaches_for_nobody_and_switches_telemetry_off() -> None:
    done = in_new_process(
        "import sys\n"
        "seen = []\n"
        "sys.addaudithook(lambda e, a: seen.append(e) if e in ('socket.connect', 'socket.getaddrinfo', 'socket.sendto') else None)\n"
        "import bot.engine.engine\n"
        "from rasa import telemetry\n"
        "assert not telemetry.is_telemetry_enabled()\n"
        "print(seen, 'sklearn' in sys.modules, 'pymongo.collection' in sys.modules)\n"
    )

    assert (done.stdout, done.returncode) == ("[] False True\n", 0), done.stderr


def test_rasa_imported_too_early_is_refused() -> None:
    done = in_new_process("import rasa\nfrom bot.engine import rasa_compat\nrasa_compat.install()")

    assert "RasaCannotBeUsed" in done.stderr


def test_another_version_of_rasa_is_refused() -> None:
    done = in_new_process(
        "from bot.engine import rasa_compat\nrasa_compat.RASA_VERSION = '3.7.0'\nrasa_compat.install()"
    )

    assert "needs rasa==3.7.0, found 3.6.21" in done.stderr


def test_log_lines_of_rasa_say_nothing_of_the_talk(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    structlog.get_logger("rasa").warning("processor.slots.log", slot_values="canary", action_name="action_listen")

    assert "canary" not in caplog.text
    assert rasa_compat.keep_harmless_fields(None, "debug", {"event": "x", "user_text": "canary"}) == {"event": "x"}


def schema_checks(function: Any, *arguments: Any) -> int:
    """How many schemas were checked while the function ran."""
    checked = 0

    def watch(frame: Any, event: str, _: Any) -> None:
        nonlocal checked
        checked += event == "call" and frame.f_code.co_name == "check_schema"

    sys.setprofile(watch)
    try:
        function(*arguments)
    finally:
        sys.setprofile(None)
    return checked


@pytest.mark.filterwarnings("ignore")
def test_rasa_still_checks_its_schema_at_every_action_result() -> None:
    from rasa.core.actions.action import RemoteAction

    action, result = RemoteAction("action_x", None), {"events": [], "responses": []}

    assert schema_checks(RemoteAction._validate_action_result.__wrapped__, action, result) >= 1
    assert schema_checks(RemoteAction._validate_action_result, action, result) == 0


def test_rasa_still_sends_every_event_with_an_action_call() -> None:
    from rasa.core.actions.action import RemoteAction
    from rasa.shared.core.domain import Domain
    from rasa.shared.core.events import ActionExecuted, UserUttered
    from rasa.shared.core.trackers import DialogueStateTracker

    events = [UserUttered("a"), ActionExecuted("action_listen"), UserUttered("b"), ActionExecuted("action_y")]
    tracker = DialogueStateTracker.from_events("web:1", events, [])
    action, domain = RemoteAction("action_x", None), Domain.empty()

    assert len(RemoteAction._action_call_format.__wrapped__(action, tracker, domain)["tracker"]["events"]) == 4
    call = action._action_call_format(tracker, domain)
    assert [event["event"] for event in call["tracker"]["events"]] == ["user", "action"]
    assert "domain" not in call


def test_rasa_still_reads_text_with_a_slash_as_an_intent() -> None:
    from rasa.nlu.classifiers.regex_message_handler import RegexMessageHandler
    from rasa.shared.nlu.training_data.message import Message

    handler, message = RegexMessageHandler(), Message({"text": '/greet{"nickname": "mallory"}'})

    [stock] = RegexMessageHandler.process.__wrapped__(handler, [message], None)
    [ours] = handler.process([message], None)

    assert stock.get("intent")["name"] == "greet"
    assert stock.get("entities")[0]["value"] == "mallory"
    assert ours is message
    assert ours.get("intent") is None


def test_rasa_still_unpacks_models_without_a_filter() -> None:
    import tarfile

    from rasa.engine.storage import local_model_storage

    assert tarfile.TarFile.extraction_filter is None, "Python filters by itself now: the shim may go"
    assert "filter=" not in inspect.getsource(local_model_storage)
    assert local_model_storage.TarSafe.extraction_filter is tarfile.data_filter


def test_every_kind_of_event_is_found_as_rasa_finds_it() -> None:
    from rasa.shared.core.events import Event
    from rasa.shared.utils.common import all_subclasses

    looks = inspect.unwrap(Event.resolve_by_type)
    assert "all_subclasses" in inspect.getsource(looks), "Rasa looks no longer through all classes: the shim may go"

    names = {kind.type_name for kind in all_subclasses(Event)}
    assert len(names) > 15
    assert all(Event.resolve_by_type(name) is looks(name) for name in names)
    with pytest.raises(ValueError, match="Unknown event name"):
        Event.resolve_by_type("rumour")


@pytest.mark.filterwarnings("ignore")
def test_the_domain_of_a_model_is_the_one_that_rasa_would_read_from_its_file(model: Path, tmp_path: Path) -> None:
    from rasa.engine.storage.local_model_storage import LocalModelStorage
    from rasa.engine.storage.resource import Resource
    from rasa.graph_components.providers.domain_provider import DomainProvider
    from rasa.shared.core.domain import Domain

    storage, metadata = LocalModelStorage.from_model_archive(tmp_path, model)
    told = Resource("domain_provider")

    ours = DomainProvider.load({}, storage, told, None).provide_inference()
    from_file = inspect.unwrap(DomainProvider.load.__func__)(DomainProvider, {}, LocalModelStorage(tmp_path), told, None).provide_inference()

    assert ours is metadata.domain, "the shim does nothing"
    assert isinstance(from_file, Domain)
    assert ours.as_dict() == from_file.as_dict()
    assert ours.action_names_or_texts == from_file.action_names_or_texts
    assert ours.input_states == from_file.input_states
    assert [(slot.name, slot.initial_value, slot.mappings) for slot in ours.slots] == [
        (slot.name, slot.initial_value, slot.mappings) for slot in from_file.slots
    ]


@pytest.mark.filterwarnings("ignore")
def test_a_model_without_a_known_domain_reads_its_file(model: Path, tmp_path: Path) -> None:
    from rasa.engine.storage.local_model_storage import LocalModelStorage
    from rasa.engine.storage.resource import Resource
    from rasa.graph_components.providers.domain_provider import DomainProvider

    _, metadata = LocalModelStorage.from_model_archive(tmp_path, model)

    found = DomainProvider.load({}, LocalModelStorage(tmp_path), Resource("domain_provider"), None).provide_inference()

    assert found is not metadata.domain
    assert found.as_dict() == metadata.domain.as_dict()


def test_rasa_still_packs_models_as_tightly_as_it_can(tmp_path: Path) -> None:
    import tarfile

    from rasa.engine.storage import local_model_storage

    assert inspect.signature(tarfile.TarFile.gzopen).parameters["compresslevel"].default == 9, "Python takes less time: the shim may go"
    assert "compresslevel" not in inspect.getsource(local_model_storage)

    text = tmp_path / "numbers"
    text.write_text(" ".join(map(str, range(50_000))))
    tightly = []
    for kind in (local_model_storage.TarSafe, tarfile.TarFile):
        with kind.open(tmp_path / kind.__name__, "w:gz") as packed:
            packed.add(text, "numbers")
        tightly.append((tmp_path / kind.__name__).read_bytes()[8] == 2)  # RFC 1952, XFL: "maximum compression, slowest algorithm"
    with local_model_storage.TarSafe.open(tmp_path / "TarSafe", "r:gz") as unpacked:
        came_back = unpacked.extractfile("numbers").read()

    assert tightly == [False, True]
    assert came_back == text.read_bytes()


@pytest.mark.filterwarnings("ignore")
def test_rasa_still_reads_files_anew_each_time_it_is_asked() -> None:
    from rasa.shared.importers.rasa import RasaFileImporter

    project = Path(__file__).parent / "project"

    def importer() -> Any:
        return RasaFileImporter(str(project / "config.yml"), str(project / "domain.yml"), [str(project / "data")])

    ours, theirs = importer(), importer()
    read_domain, read_nlu = (inspect.unwrap(getattr(RasaFileImporter, each)) for each in ("get_domain", "get_nlu_data"))

    assert read_domain(theirs) is not read_domain(theirs), "Rasa keeps it by itself now: the shim may go"
    assert read_nlu(theirs) is not read_nlu(theirs)
    assert ours.get_domain() is ours.get_domain()
    assert ours.get_nlu_data() is ours.get_nlu_data()
    assert ours.get_domain().as_dict() == read_domain(theirs).as_dict()
    assert ours.get_nlu_data().fingerprint() == read_nlu(theirs).fingerprint()


def test_every_shim_names_an_issue_a_threat_or_a_measurement() -> None:
    reasons = ("rasa#", "threat T", "measured, ")
    assert all(shim.__doc__ and any(each in shim.__doc__ for each in reasons) for shim in rasa_compat.SHIMS)
