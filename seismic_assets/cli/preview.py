"""A section in the terminal: two samples in each character cell, red below and blue above zero."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.style import Style
from rich.text import Text

from seismic_assets.segy import Section, clip_of

_WIDTH, _HEIGHT = 96, 28


def section_text(section: Section, width: int = _WIDTH, height: int = _HEIGHT) -> Text:
    """The section as coloured half blocks, at most `width` characters wide and `height` lines high.

    Of several samples that fall on one cell the largest in absolute value is shown, so that no reflection is lost.
    """
    cells = _strongest(np.nan_to_num(section.traces.T, posinf=0.0, neginf=0.0), 2 * height, width)
    share = np.clip(cells / clip_of(section.traces), -1, 1)
    text = Text()
    for row in range(0, len(share) - 1, 2):
        for upper, lower in zip(share[row], share[row + 1], strict=True):
            text.append("▀", Style(color=_colour(upper), bgcolor=_colour(lower)))
        text.append("\n")
    return text


def _strongest(grid: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    """A grid of at most this many rows and columns; an even number of rows."""
    for axis, most in ((0, rows), (1, columns)):
        parts = np.array_split(grid, min(most, grid.shape[axis]), axis=axis)
        grid = np.stack([_extreme(part, axis) for part in parts], axis=axis)
    return grid if len(grid) % 2 == 0 else np.concatenate([grid, grid[-1:]])


def _extreme(part: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    high, low = part.max(axis=axis), part.min(axis=axis)
    return np.where(high >= -low, high, low)


def _colour(share: float) -> Color:
    """White at zero, blue at 1, red at -1."""
    rest = round(255 * (1 - abs(share)))
    return Color.from_rgb(rest, rest, 255) if share >= 0 else Color.from_rgb(255, rest, rest)
