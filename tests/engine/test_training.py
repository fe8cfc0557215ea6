"""A model is trained when it has to be, whole or not at all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from bot.engine.training import ModelRefused, TrainingFailed, fingerprint, note_of, train, verify_model
from tests.engine.conftest import PROJECT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PROJECT, tmp_path / "project"))


def test_a_fresh_model_is_not_trained_again(model: Path) -> None:
    said: list[str] = []
    before = model.stat().st_mtime_ns

    assert train(PROJECT, model, said.append) == model
    assert said == ["The model is up to date."]
    assert model.stat().st_mtime_ns == before


@pytest.mark.parametrize("name", ["config.yml", "domain.yml", "data/rules.yml", "data/more/new.yml"])
def test_any_file_of_the_project_changes_the_fingerprint(project: Path, name: str) -> None:
    before = fingerprint(project)
    changed = project / name
    changed.parent.mkdir(exist_ok=True)

    with changed.open("a", encoding="utf-8") as file:
        file.write("\n" if name != "domain.yml" else "\n  utter_another:\n  - text: Another.\n")

    assert fingerprint(project) != before


def test_a_sentence_may_be_changed_without_training(project: Path) -> None:
    before = fingerprint(project)
    domain = project / "domain.yml"
    words = domain.read_text(encoding="utf-8")

    domain.write_text(words.replace("text: ", "text: Well, ", 1), encoding="utf-8")

    assert domain.read_text(encoding="utf-8") != words
    assert fingerprint(project) == before


def test_the_fingerprint_does_not_depend_on_where_the_project_lies(project: Path) -> None:
    assert fingerprint(project) == fingerprint(PROJECT)


def test_a_project_that_cannot_be_trained_says_why_and_leaves_nothing(project: Path, tmp_path: Path) -> None:
    (project / "domain.yml").write_text("version: '3.1'\nslots: {size: {type: nonsense}}\n", encoding="utf-8")
    out = tmp_path / "models" / "shop.tar.gz"

    with pytest.raises(TrainingFailed, match="could not train"):
        train(project, out, lambda _: None)

    assert list(out.parent.iterdir()) == []


def test_a_model_is_refused_without_its_note(model: Path, tmp_path: Path) -> None:
    alone = Path(shutil.copy(model, tmp_path))

    with pytest.raises(ModelRefused, match="missing or unreadable"):
        verify_model(alone)


def test_a_model_is_refused_when_its_note_says_otherwise(model: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copy(model, tmp_path))
    note = json.loads(note_of(model).read_text(encoding="utf-8"))
    note_of(copied).write_text(json.dumps({**note, "sha256": "0" * 64}), encoding="utf-8")

    with pytest.raises(ModelRefused, match="changed"):
        verify_model(copied)
