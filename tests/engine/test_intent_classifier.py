"""Intents with confidences that mean what they say, kept as numbers and words, and silence where there are no words."""
from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from bot.engine import rasa_compat

rasa_compat.install()

from rasa.engine.storage.local_model_storage import LocalModelStorage  # noqa: E402
from rasa.engine.storage.resource import Resource  # noqa: E402
from rasa.shared.nlu.training_data.message import Message  # noqa: E402
from rasa.shared.nlu.training_data.training_data import TrainingData  # noqa: E402

from bot.engine.foresight import Foresight  # noqa: E402
from bot.engine.intent_classifier import LinearIntentClassifier  # noqa: E402
from bot.engine.normalizer import Normalizer, normalize  # noqa: E402
from bot.engine.sentence_encoder import SentenceEncoder  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data" / "nlu"
SAID = {
    "check_balance": ["what is my balance", "how much money is left", "balance please", "mera balance batao", "money left on my card"],
    "report_lost_card": ["i lost my card", "my card was stolen", "card kho gaya", "somebody took my card", "my card is missing"],
    "greet": ["hello", "hi there", "good morning", "namaste", "hey"],
}


class Pipeline:
    """The components before the classifier, then the classifier."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder, self.resource = folder, Resource("classifier")
        self.storage = LocalModelStorage(folder)
        self.encoder = SentenceEncoder({})
        self.before = [Normalizer(), self.encoder]
        self.settings = settings

    def train(self) -> LinearIntentClassifier:
        data = TrainingData([Message({"text": t, "intent": name}) for name, texts in SAID.items() for t in texts])
        for component in self.before:
            data = component.process_training_data(data)
        classifier = LinearIntentClassifier.create(self.settings, self.storage, self.resource, None)  # type: ignore[arg-type]
        classifier.train(data)
        return classifier

    def load(self) -> LinearIntentClassifier:
        return LinearIntentClassifier.load(self.settings, self.storage, self.resource, None)  # type: ignore[arg-type]

    def parse(self, classifier: LinearIntentClassifier, text: str) -> Message:
        messages = [Message({"text": text})]
        for component in self.before:
            messages = component.process(messages)
        return classifier.process(messages)[0]


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    made = Pipeline(tmp_path_factory.mktemp("model"))
    made.train()
    return made


@pytest.fixture
def cascade(tmp_path: Path) -> Pipeline:
    """Sure of `SURE` by its words and letters, and not of `UNSURE`."""
    made = Pipeline(tmp_path, sure=0.6)
    made.train()
    return made


SURE, UNSURE = "what is my balance", "is anything wrong with it"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("tell me my balance", "check_balance"),
        ("how much cash do I still have", "check_balance"),
        ("someone stole my card!!", "report_lost_card"),
        ("मेरा बैलेंस बताओ", "check_balance"),
        ("mera card kho gya", "report_lost_card"),
        ("hellooo", "greet"),
    ],
)
def test_what_is_wanted_is_named_in_words_that_were_not_taught(pipeline: Pipeline, text: str, intent: str) -> None:
    message = pipeline.parse(pipeline.load(), text)

    assert message.get("intent")["name"] == intent


def test_the_ranking_is_made_of_probabilities_best_first(pipeline: Pipeline) -> None:
    ranking = pipeline.parse(pipeline.load(), "is my card lost").get("intent_ranking")

    confidences = [each["confidence"] for each in ranking]
    assert confidences == sorted(confidences, reverse=True)
    assert sum(confidences) == pytest.approx(1, abs=1e-5)


def test_a_message_without_words_has_no_intent(pipeline: Pipeline) -> None:
    for text in ("", "...", "😶"):
        assert pipeline.parse(pipeline.load(), text).get("intent") == {"name": None, "confidence": 0.0}


def test_what_was_loaded_answers_as_what_was_trained(pipeline: Pipeline) -> None:
    trained, loaded = pipeline.train(), pipeline.load()

    for text in ("my balance", "card gone", "hi"):
        assert pipeline.parse(trained, text).get("intent") == pipeline.parse(loaded, text).get("intent")


def test_what_words_and_letters_are_sure_of_needs_no_vector(cascade: Pipeline) -> None:
    message = cascade.parse(cascade.load(), SURE)

    assert message.get("intent")["name"] == "check_balance"
    assert not cascade.encoder.remembers(SURE)


def test_what_they_are_not_sure_of_gets_its_vector(cascade: Pipeline) -> None:
    cascade.parse(cascade.load(), UNSURE)

    assert cascade.encoder.remembers(UNSURE)


def test_a_vector_is_needed_until_the_answer_is_known(cascade: Pipeline) -> None:
    classifier = cascade.load()

    assert not classifier.needs_vector(normalize(SURE))
    assert not classifier.needs_vector(normalize("..."))
    assert classifier.needs_vector(normalize(UNSURE))
    cascade.parse(classifier, UNSURE)
    assert not classifier.needs_vector(normalize(UNSURE))


def test_without_a_model_nothing_is_understood_with_or_without_a_vector(tmp_path: Path) -> None:
    untrained = LinearIntentClassifier.create({}, LocalModelStorage(tmp_path), Resource("classifier"), None)  # type: ignore[arg-type]

    assert not untrained.needs_vector(normalize(SURE))


@pytest.mark.parametrize("text", [SURE, UNSURE, "hello", "card", "mera kard?"])
def test_a_text_has_one_answer_whether_or_not_its_vector_was_begun(cascade: Pipeline, text: str) -> None:
    plain = cascade.parse(cascade.load(), text).get("intent_ranking")
    classifier = cascade.load()
    begun = Foresight(cascade.encoder, classifier.needs_vector).begin(text)
    if begun is not None:
        begun.result(10)
    foreseen = cascade.parse(classifier, text).get("intent_ranking")
    cascade.encoder.remember([normalize(text).meant])
    with_a_vector_at_hand = cascade.parse(cascade.load(), text).get("intent_ranking")

    assert plain == foreseen == with_a_vector_at_hand


def test_what_is_forgotten_is_answered_in_the_same_way_again(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path, sure=0.6, remembered=1)
    classifier = pipeline.train()

    first, second = ([pipeline.parse(classifier, text).get("intent_ranking") for text in (SURE, UNSURE)] for _ in range(2))

    assert first == second


def test_an_answer_is_taken_for_a_yes_by_the_whole_model_alone() -> None:
    pipeline = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]

    (classifier,) = (part for part in pipeline if part["name"].endswith(LinearIntentClassifier.__name__))

    assert "affirm" in classifier["never_at_a_glance"]
    assert classifier["sure"] >= 0.98


def test_training_twice_makes_the_same_model(pipeline: Pipeline, tmp_path: Path) -> None:
    again = Pipeline(tmp_path)
    again.train()

    with pipeline.storage.read_from(pipeline.resource) as one, again.storage.read_from(again.resource) as other:
        assert (one / "words.json").read_bytes() == (other / "words.json").read_bytes()
        with np.load(one / "weights.npz") as left, np.load(other / "weights.npz") as right:
            assert all(np.array_equal(left[name], right[name]) for name in left.files)


def test_the_model_is_kept_as_numbers_and_words_alone(pipeline: Pipeline) -> None:
    with pipeline.storage.read_from(pipeline.resource) as folder:
        assert sorted(path.name for path in folder.iterdir()) == ["weights.npz", "words.json"]
        with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
            assert all(arrays[name].dtype.kind == "f" for name in arrays.files)


def test_no_training_sentence_holds_a_digit_or_an_address() -> None:
    for path in DATA.glob("*.yml"):
        said = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("    - ")]
        assert said
        assert [line for line in said if re.search(r"[\d@]", line)] == []


def test_no_sentence_is_taught_as_two_intents() -> None:
    owner: dict[str, str] = {}
    for path in sorted(DATA.glob("*.yml")):
        intent = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            intent = line.removeprefix("- intent: ") if line.startswith("- intent: ") else intent
            if line.startswith("    - "):
                assert owner.setdefault(line[6:], intent) == intent, line
