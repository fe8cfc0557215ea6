"""The picture of the results is an SVG that shows what was measured and nothing else."""

from __future__ import annotations

from xml.etree import ElementTree

from bench.plot import bar_length, picture
from bench.results import compared

BARS = "{http://www.w3.org/2000/svg}rect"


def test_each_measured_value_has_a_bar():
    drawn = ElementTree.fromstring(picture(compared([{"start_s": 40.0}], [{"start_s": 8.0, "codec": 1.1}])))  # noqa: S314

    background_and_legend = 3
    assert len(drawn.findall(BARS)) == background_and_legend + 3


def test_nothing_measured_is_a_picture_without_bars():
    ElementTree.fromstring(picture(compared([], [])))  # noqa: S314


def test_ten_times_as_much_is_a_longer_bar_but_not_ten_times_as_long():
    short, long = bar_length(100.0, 1000.0), bar_length(1000.0, 1000.0)

    assert short < long < 10 * short
