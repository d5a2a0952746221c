from __future__ import annotations

import numpy as np
import pytest

from seismic_assets.monitoring import feature_drift_part
from seismic_assets.monitoring.report_maps import distance_map, severity_map
from seismic_assets.monitoring.report_parts import DriftSubject, Tile
from seismic_assets_tests.monitoring.drifted import too_small
from seismic_assets_tests.monitoring.reports import NORTH, troubled


def grid(name: str, inlines: range, crosslines: range, severity: str = "none") -> DriftSubject:
    """A file with a tile at each of these lines."""
    tiles = [Tile(inline=each, crossline=other, traces=64, distance=1.0) for each in inlines for other in crosslines]
    return DriftSubject(kind="file", name=name, severity=severity, action="", tiles=tiles)


def shapes(axes) -> np.ndarray:
    """(b, 2, 2): least and largest crossline and inline of each tile that is drawn."""
    corners = [path.vertices for each in axes.collections for path in each.get_paths()]
    return np.array([(each.min(axis=0), each.max(axis=0)) for each in corners])


def names(axes) -> set[str]:
    return {text.get_text() for text in axes.texts}


def test_the_map_has_the_tiles_of_every_file_with_places_by_severity() -> None:
    drift = troubled().feature_drift
    shown = [
        (each.get_label(), len(each.get_paths())) for axes in severity_map(drift).axes for each in axes.collections
    ]
    assert sorted(shown) == sorted((each.severity, len(each.tiles)) for each in drift.subjects if each.tiles)
    assert severity_map(feature_drift_part([])) is None


def test_a_file_that_is_undecided_has_its_place_on_the_map() -> None:
    (axes,) = severity_map(feature_drift_part([too_small("tiny.sgy")])).axes
    assert [each.get_label() for each in axes.collections] == ["undecided"]
    assert distance_map(too_small("tiny.sgy")) is None


def test_files_with_the_same_line_numbers_are_drawn_on_maps_of_their_own() -> None:
    some = next(each for each in troubled().feature_drift.subjects if each.tiles)
    worst = some.model_copy(update={"severity": "high"})
    aside = [tile.model_copy(update={"inline": tile.inline + 10_000}) for tile in worst.tiles]
    other, beside = (worst.model_copy(update={"name": name, "severity": "none"}) for name in ("other", "beside"))

    figure = severity_map(feature_drift_part([other, worst, beside.model_copy(update={"tiles": aside})]))

    assert [names(axes) for axes in figure.axes] == [{worst.name[-20:], "beside"}, {"other"}]


@pytest.mark.parametrize("draw", [lambda file: severity_map(feature_drift_part([file])), distance_map])
def test_tiles_fill_their_place_and_no_more(draw) -> None:
    drawn = shapes(draw(grid("a.sgy", range(100, 180, 16), range(300, 420, 8))).axes[0])
    np.testing.assert_allclose(np.ptp(drawn, axis=1), np.broadcast_to((8, 16), (75, 2)))
    assert (drawn[:, 0].min(axis=0).tolist(), drawn[:, 1].max(axis=0).tolist()) == ([296, 92], [416, 172])


def test_tiles_whose_middles_differ_a_little_are_as_large_as_others() -> None:
    whole = grid("a.sgy", range(100, 180, 8), range(300, 420, 8))
    moved = [
        tile.model_copy(update={"crossline": tile.crossline - 0.01 * number}) for number, tile in enumerate(whole.tiles)
    ]
    sides = np.ptp(shapes(distance_map(whole.model_copy(update={"tiles": moved})).axes[0]), axis=1)
    assert (sides > 6).all() and (sides < 10).all()


def test_some_tiles_of_a_large_file_are_drawn_so_large_that_they_are_seen() -> None:
    random = np.random.default_rng(1)
    places = 8.0 * random.choice(400 * 400, 256, replace=False)
    tiles = [Tile(inline=each // 3200 * 8, crossline=each % 3200, traces=64, distance=1.0) for each in places]
    drawn = shapes(distance_map(grid("a.sgy", range(1), range(1)).model_copy(update={"tiles": tiles})).axes[0])
    assert 0.3 < np.ptp(drawn, axis=1).prod(axis=1).sum() / 3200**2 < 0.7


def test_a_line_and_a_single_tile_are_drawn() -> None:
    line = shapes(distance_map(grid("a.sgy", range(1), range(0, 80, 8))).axes[0])
    assert np.ptp(line, axis=1).tolist() == [[8, 8]] * 10
    assert np.ptp(shapes(distance_map(grid("a.sgy", range(1), range(1))).axes[0]), axis=1).tolist() == [[1, 1]]


def test_no_name_lies_on_tiles() -> None:
    south = grid("south.sgy", range(0, 80, 8), range(0, 80, 8))
    north = grid("north.sgy", range(80, 160, 8), range(0, 80, 8))
    figure = severity_map(feature_drift_part([south, north, grid("east.sgy", range(0, 160, 8), range(90, 170, 8))]))
    figure.savefig("/dev/null", format="png")
    (axes,) = figure.axes
    assert names(axes) == {"south.sgy", "north.sgy", "east.sgy"}
    for text in axes.texts:
        box = text.get_window_extent().transformed(axes.transData.inverted())
        low, high = shapes(axes)[:, 0], shapes(axes)[:, 1]
        assert not ((low < box.max).all(axis=1) & (high > box.min).all(axis=1)).any(), text.get_text()


def test_names_of_a_report_are_those_of_its_files() -> None:
    beside, below = severity_map(troubled().feature_drift).axes
    assert names(beside) == {"south.sgy", NORTH, "west.sgy"}
    assert names(below) == {"tiny.sgy"}
