"""Benchmarks must not be helped by a memory of texts, so no text comes twice."""

from __future__ import annotations

from bench.sentences import challenges


def test_all_texts_are_different():
    texts = list(challenges())

    assert len(texts) > 50_000
    assert len(set(texts)) == len(texts)


def test_no_text_holds_anything_that_would_be_sealed():
    assert not any(character.isdigit() or character == "@" for text in challenges() for character in text)
