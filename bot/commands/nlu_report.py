"""cardbot nlu-report: every sentence of a file through the edge's sealing and the trained model."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from actions.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="JSON lines with text and intent, perhaps subset and lang")
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="draw confusion, reliability and confidence into this folder")
    parser.add_argument("--predictions", type=Path, metavar="OUT", help="write one answer a line to this file")


def run(args: argparse.Namespace, settings: Settings) -> int:
    from bot.engine import nlu_pictures, nlu_report
    from bot.engine.training import ModelRefused
    from bot.engine.understanding import Understanding
    from bot.gateway.request_words import request_words
    from bot.gateway.sealing import seal

    def words(text: str) -> str:
        sealed = seal(text)
        return request_words(sealed.text, [span.kind for span in sealed.spans])

    try:
        sentences = nlu_report.read(args.file)
        model = Understanding(settings.model)
    except (OSError, ValueError, KeyError) as error:
        print(f"cardbot: {args.file.name} cannot be read as sentences: {type(error).__name__}", file=sys.stderr)
        return 2
    except ModelRefused as error:
        print(f"cardbot: {error} (cardbot train)", file=sys.stderr)
        return 2
    try:
        answers = nlu_report.ask(sentences, model.understand, words)
        again = nlu_report.ask(sentences[-500:], model.understand, words)
    finally:
        model.close()
    if args.predictions:
        nlu_report.write_predictions(args.predictions, answers)
    if args.pictures:
        nlu_pictures.draw(sentences, answers, args.pictures)
    figures = nlu_report.measure(sentences, answers, again)
    print(nlu_report.as_json(figures) if args.json else nlu_report.as_text(figures))
    return 0
