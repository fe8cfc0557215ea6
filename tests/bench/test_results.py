"""What is made of measured rounds: medians, ratios, the keys of the file, the table."""

from __future__ import annotations

import json

import pytest

from bench.results import FIGURES, PROMISED, compared, medians, percentile, table

KEYS = {
    "turn3_p50_ms", "turn100_p50_ms", "turn400_p50_ms", "guarded_turn_p50_ms", "turns_per_s", "turns_per_s_two",
    "start_s", "peak_mb", "train_s", "codec", "ack_p99_ms",
}  # fmt: skip


def test_a_figure_is_the_median_of_the_rounds_that_measured_it():
    found = medians([{"start_s": 9.0, "train_s": 20.0}, {"start_s": 5.0}, {"start_s": 7.0}])

    assert found == {"start_s": 7.0, "train_s": 20.0}


def test_a_percentile_is_a_value_that_was_measured():
    values = [float(each) for each in range(1, 101)]

    assert percentile(values, 0.99) == 99.0
    assert percentile(values, 1.0) == 100.0
    assert percentile([4.0], 0.99) == 4.0


def test_every_promised_key_is_there_even_if_nothing_was_measured():
    found = compared([], [])

    assert set(PROMISED) == KEYS
    assert set(found) == KEYS
    assert all(each == {"stock": None, "cardbot": None, "ratio": None} for each in found.values())


def test_the_ratio_is_ours_by_theirs_and_null_where_one_is_missing():
    found = compared([{"turn3_p50_ms": 40.0}], [{"turn3_p50_ms": 10.0, "codec": 1.1}])

    assert found["turn3_p50_ms"] == {"stock": 40.0, "cardbot": 10.0, "ratio": 0.25}
    assert found["codec"] == {"stock": None, "cardbot": 1.1, "ratio": None}


def test_two_processes_are_held_against_one_of_stock():
    found = compared([{"turns_per_s": 25.0}], [{"turns_per_s": 100.0, "turns_per_s_two": 175.0}])

    assert found["turns_per_s_two"] == {"stock": 25.0, "cardbot": 175.0, "ratio": 7.0}


def test_what_is_measured_beyond_the_promise_is_kept():
    assert compared([], [{"install_mb": 600.0}])["install_mb"]["cardbot"] == 600.0


def test_the_results_are_json_with_numbers_of_four_digits():
    text = json.dumps(compared([{"start_s": 40.123456}], [{"start_s": 7.98765}]))

    assert json.loads(text)["start_s"] == {"stock": 40.12, "cardbot": 7.988, "ratio": 0.1991}


def test_the_table_has_a_line_for_each_figure_and_a_dash_for_what_is_missing():
    lines = table(compared([], [{"start_s": 7.5, "peak_mb": 1234.0}])).splitlines()

    assert len(lines) == 2 + len(PROMISED)
    assert "| start to ready, sandbox included | – | 7.5 s | – | at most a fifth of stock's |" in lines
    assert any("1,234 MB" in line for line in lines)


@pytest.mark.parametrize("figure", FIGURES, ids=lambda each: each.name)
def test_every_figure_says_what_it_is_and_in_which_unit(figure):
    assert figure.title
    assert figure.unit
