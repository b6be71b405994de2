"""Plots are pictures: well-formed, with every name and number in them."""

from xml.etree.ElementTree import fromstring

from submission.lab.plot import Bar, Curve, bars_svg, lines_svg


def test_bars_say_their_names_and_values() -> None:
    picture = bars_svg("a < b", "ms", [Bar(name="ours", low=1, middle=2, high=3)])
    assert fromstring(picture).tag.endswith("svg")
    assert "a &lt; b" in picture
    assert "2 ms" in picture


def test_the_bound_of_a_curve_is_drawn() -> None:
    line = Curve(name="99th percentile", points=[(10, 50), (20, 5000)])
    picture = lines_svg("latency", ("queries/s", "ms"), [line], 130)
    assert "bound 130" in picture
    assert "99th percentile" in picture
    assert fromstring(picture).tag.endswith("svg")
