"""Accuracy of the project's own pipeline on BANKING77: python -m bench.banking77 TRAIN.csv TEST.csv

Trained on the first file and measured on the second, with the settings of config.yml. They were chosen on
four fifths and one fifth of the training file; the test file decides nothing. Prints the accuracy in per cent last.
"""
from __future__ import annotations

import csv
import sys
import time
from pathlib import Path
from typing import Any

import yaml

from bot.engine import rasa_compat

CONFIG = Path(__file__).resolve().parents[1] / "config.yml"


def main(train: Path, test: Path) -> float:
    rasa_compat.install()
    import numpy as np

    from bot.engine.linear_model import LinearModel

    sentences, labels = read(train)
    started = time.perf_counter()
    model = LinearModel.train(prepare(sentences), labels, recipe_in(CONFIG))
    print(f"{len(sentences)} sentences of {len(model.names)} intents, trained in {time.perf_counter() - started:.0f} s")
    unseen, expected = read(test)
    ranked = model.rank(prepare(unseen))
    right = np.array(model.names)[ranked.argmax(axis=1)] == np.array(expected)
    print(f"{len(unseen)} sentences measured; mean confidence {100 * float(ranked.max(axis=1).mean()):.2f}")
    return 100 * float(right.mean())


def read(path: Path) -> tuple[list[str], list[str]]:
    """Texts and categories of a file with that header."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], [row["category"] for row in rows]


def prepare(texts: list[str]) -> Any:
    """Texts as the classifier gets them from the components before it."""
    from bot.engine.linear_model import Sentences
    from bot.engine.normalizer import normalize
    from bot.engine.sentence_vectors import SentenceVectors

    normal = [normalize(text) for text in texts]
    meant = [each.meant for each in normal]
    return Sentences([each.spelt for each in normal], meant, SentenceVectors().encode(meant, threads=2))


def recipe_in(config: Path) -> Any:
    """The classifier's settings in a Rasa configuration."""
    from bot.engine.linear_model import Recipe

    pipeline = yaml.safe_load(config.read_text(encoding="utf-8"))["pipeline"]
    (settings,) = (dict(part) for part in pipeline if part["name"].endswith("LinearIntentClassifier"))
    del settings["name"]
    return Recipe(**settings)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    print(f"{main(Path(sys.argv[1]), Path(sys.argv[2])):.2f}")
