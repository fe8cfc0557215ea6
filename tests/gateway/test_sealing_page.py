"""The page for auditors names every table that seals, every kind that is destroyed, and the times that the code has."""
from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import LargeBinary

from actions.desk import VALUES_KEPT
from actions.guard.codes import CODE_LIFE
from actions.guard.journal import PROPOSAL_LIFE
from actions.guard.journal import VALUES_KEPT as CHANGES_KEPT
from actions.guard.schema import metadata
from actions.settings import Settings
from bot.gateway import destroying
from bot.gateway.housekeeping import DAY, IDS_KEPT, SHOWN_SECONDS, TALKS_KEPT
from bot.gateway.outbox import REPORT_SECONDS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "sealing.md").read_text(encoding="utf-8")
ROWS = {match[1]: match[2] for match in re.finditer(r"^\| `(\w+)` \|.*\| (.*) \|$", PAGE, re.MULTILINE)}


def test_every_table_with_something_sealed_is_on_the_page_and_no_other():
    sealing = {name for name, table in metadata.tables.items() if any(isinstance(each.type, LargeBinary) for each in table.columns)}

    assert set(ROWS) == sealing


def test_every_kind_that_is_destroyed_is_on_the_page():
    kinds = (destroying.CARD_NUMBER, destroying.CVV, destroying.PIN, destroying.ONE_TIME_CODE, destroying.AADHAAR, destroying.PAN)

    assert [kind for kind in kinds if kind not in PAGE] == []


def test_the_times_on_the_page_are_those_of_the_code():
    settings = Settings()

    assert f"{settings.vault_life / 60:.0f} minutes" in ROWS["vault"]
    assert f"{SHOWN_SECONDS:.0f} seconds" in ROWS["outbox"]
    assert f"{REPORT_SECONDS / 60:.0f} minute" in ROWS["outbox"]
    assert f"{TALKS_KEPT / DAY:.0f} days" in ROWS["outbox"]
    assert f"{settings.session_idle / 60:.0f} minutes without a message, {settings.session_absolute / 60:.0f} in all" in ROWS["sessions"]
    assert f"{PROPOSAL_LIFE / 60:.0f} minutes" in ROWS["proposals"]
    assert f"{CHANGES_KEPT / 60:.0f} minutes" in ROWS["changes"]
    assert f"{CODE_LIFE / 60:.0f} minutes" in ROWS["possession_codes"]
    assert f"{VALUES_KEPT / DAY:.0f} days" in ROWS["tickets"]
    assert f"{TALKS_KEPT / DAY:.0f} days" in ROWS["conversations"]
    assert f"receipts: {IDS_KEPT / DAY:.0f} days" in PAGE
