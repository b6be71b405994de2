"""Plots are pictures: well-formed, with every name and number in them."""

from xml.etree.ElementTree import fromstring

from submission.lab.plot import Bar, Curve, Spot, SpotLine, bars_svg, lines_svg, spots_svg


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


def test_points_have_their_intervals_in_the_frame_and_the_level_its_name() -> None:
    spots = [Spot(x=30, y=73.4, low=72.9, high=73.9), Spot(x=70, y=69.9, low=69.2, high=70.6)]
    lines = [
        SpotLine(name="dense", spots=[Spot(x=0, y=73.2)], path=()),
        SpotLine(name="a & b", spots=spots, path=[(30, 73.4), (70, 69.9)]),
    ]
    picture = spots_svg("F1", ("sparsity", "F1 [%]"), lines, level=(72.5, "99% of it"))
    page = fromstring(picture)
    circles = page.findall("{*}circle")
    assert [float(each.get("cx", "")) for each in circles] == sorted(
        float(each.get("cx", "")) for each in circles
    )
    assert len(circles) == 3
    heights = [float(each.get("cy", "")) for each in circles]
    assert heights[1] < heights[0] < heights[2], "a higher F1 is drawn higher"
    assert all(60 <= each <= 360 for each in heights)
    words = [each.text for each in page.findall("{*}text")]
    assert {"99% of it", "a & b", "dense", "69", "74"} <= set(words)
    assert len(page.findall("{*}polyline")) == 1


def test_one_point_at_the_level_can_be_drawn() -> None:
    line = SpotLine(name="x", spots=[Spot(x=0, y=50)], path=[(0, 50)])
    assert "<circle" in spots_svg("t", ("x", "y"), [line], level=(50, "level"))
