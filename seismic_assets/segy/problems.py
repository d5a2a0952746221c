"""What a person should know about a file that can be read, a sentence each."""

from __future__ import annotations

from collections.abc import Iterator

from seismic_assets.segy.amplitudes import Amplitudes
from seismic_assets.segy.geometry import Geometry
from seismic_assets.segy.headers import HeaderMap
from seismic_assets.segy.layout import Layout
from seismic_assets.segy.proposal import Proposal

USUAL_INTERVALS_US = (500, 4000)


def geometry_problems(geometry: Geometry, mapping: HeaderMap, proposal: Proposal | None) -> Iterator[str]:
    """What is unusual about where the traces lie."""
    places = f"bytes {mapping.inline} and {mapping.crossline}"
    if max(geometry.inlines, geometry.crosslines) == 1:
        empty = geometry.inline == (0, 0) and geometry.crossline == (0, 0)
        which = "are empty" if empty else "are the same in all traces"
        if proposal is not None:
            yield f"inline and crossline {which} ({places}); {proposal}"
        elif geometry.cdp[0] != geometry.cdp[1]:
            yield f"inline and crossline {which} ({places}): a 2D line, CDP {geometry.cdp[0]} to {geometry.cdp[1]}"
        elif geometry.traces_per_position > 1:
            yield f"inline and crossline {which} ({places}) and so is CDP: traces are known by their order alone"
    if geometry.missing_positions > 0:
        yield f"{geometry.missing_positions:,} positions of the inline/crossline grid have no trace"
    if geometry.repeated_traces:
        yield f"{geometry.repeated_traces:,} traces repeat the inline, crossline and offset of another"
    if geometry.unplaced_traces:
        yield f"{geometry.unplaced_traces:,} traces have neither inline and crossline nor coordinates"
    same = geometry.x[0] == geometry.x[1] and geometry.y[0] == geometry.y[1]
    if same and not geometry.unplaced_traces and _traces_differ(geometry):
        what = "empty" if geometry.x[0] == geometry.y[0] == 0 else "the same in all traces"
        yield (
            f"coordinates are {what} (bytes {mapping.cdp_x} and {mapping.cdp_y}): they may be kept "
            "elsewhere; if so, set SEISMIC_CDP_X_BYTE and SEISMIC_CDP_Y_BYTE"
        )
    if _off_grid(geometry):
        yield (
            f"coordinates do not follow inline and crossline: they are off a straight grid by "
            f"{geometry.coordinate_misfit:.1f} on average, its bins are {geometry.bin_size:.1f} wide"
        )


def _traces_differ(geometry: Geometry) -> bool:
    """Whether the traces lie at more than one place, by their numbers."""
    return max(geometry.inlines, geometry.crosslines) > 1 or geometry.cdp[0] != geometry.cdp[1]


def _off_grid(geometry: Geometry) -> bool:
    misfit, bin_size = geometry.coordinate_misfit, geometry.bin_size
    return misfit is not None and bin_size is not None and misfit > 0.5 * bin_size


def sample_problems(layout: Layout, amplitudes: Amplitudes) -> Iterator[str]:
    """What is unusual about how the samples are spaced, coded and sized."""
    low, high = USUAL_INTERVALS_US
    if not low <= layout.sample_interval_us <= high:
        yield f"a sample interval of {layout.sample_interval_us} us is outside the usual {low} to {high} us"
    if not layout.sample_format.exact:
        yield f"samples are {layout.sample_format.name}s; 4-byte floats keep 7 of their digits"
    if amplitudes.not_finite:
        what = "" if layout.sample_format.exact else " as 4-byte floats"
        yield f"{amplitudes.not_finite:,} samples of {amplitudes.traces:,} sampled traces are not finite{what}"
    if amplitudes.dead:
        yield f"{amplitudes.dead:,} of {amplitudes.traces:,} sampled traces are dead"
