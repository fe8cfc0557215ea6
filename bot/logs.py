"""One line of JSON per log record, for every library: an exception is named by kind and place, never by its text."""

from __future__ import annotations

import json
import logging
import logging.config
from datetime import UTC, datetime

from bot.blame import kind_and_place


class JsonLines(logging.Formatter):
    """`at` (UTC), `level`, `logger`, `message`, and `error` where there was one."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = kind_and_place(record.exc_info[1])
        return json.dumps(line, ensure_ascii=True)


def configure(level: str) -> None:
    """Send every logger's records to standard error in this form."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": JsonLines}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
            "root": {"level": level, "handlers": ["stderr"]},
        }
    )
    logging.captureWarnings(True)
