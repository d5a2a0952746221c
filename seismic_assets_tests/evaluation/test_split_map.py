import numpy as np
import pytest

from seismic_assets.evaluation import png_bytes, split_figure


def points(panel):
    return {each.get_label(): {tuple(map(int, row)) for row in each.get_offsets()} for each in panel.collections}


def test_positions_are_drawn_once_by_fold_in_the_panel_of_their_area():
    inline, crossline = np.array([1, 1, 1, 2, 5]), np.array([10, 10, 11, 12, 50])
    fold = np.array(["train", "train", "test", "buffer", "validation"])
    area = np.array(["north", "north", "north", "north", "south"])
    figure = split_figure(inline, crossline, fold, area)
    north, south = figure.axes[:2]
    assert [north.get_title(), south.get_title()] == ["north", "south"]
    assert points(north) == {"train": {(10, 1)}, "test": {(11, 1)}, "buffer": {(12, 2)}}
    assert points(south) == {"validation": {(50, 5)}}
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["train", "test", "buffer", "validation"]
    colours = {each.get_label(): tuple(each.get_facecolor()[0]) for each in [*north.collections, *south.collections]}
    assert len(set(colours.values())) == 4


def test_of_many_areas_the_six_largest_are_shown():
    sizes = np.arange(1, 10)
    area = np.repeat([f"area {size}" for size in sizes], sizes)
    crossline = np.concatenate([np.arange(size) for size in sizes])
    figure = split_figure(np.ones(len(area), int), crossline, np.full(len(area), "train"), area)
    assert [panel.get_title() for panel in figure.axes] == [f"area {size}" for size in (9, 8, 7, 6, 5, 4)]
    assert figure.get_suptitle() == "the 6 largest of 9 areas"


@pytest.mark.parametrize("count", [0, 1, 45_000])
def test_nothing_and_much_are_drawn(count):
    fold = np.full(count, "train")
    figure = split_figure(np.arange(count), np.arange(count), fold, np.full(count, "a"))
    assert sum(len(each.get_offsets()) for panel in figure.axes for each in panel.collections) <= 20_000
    assert png_bytes(figure, dpi=30).startswith(b"\x89PNG")
