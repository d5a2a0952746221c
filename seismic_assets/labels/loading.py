"""All sources of an interpretation, and the class of every sample of a file that they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seismic_assets.labels.config import Kind, LabelConfig, Source, belongs_to
from seismic_assets.labels.geometry import FileGeometry
from seismic_assets.labels.picks import Picks
from seismic_assets.labels.segments import SegmentPainter, Segments
from seismic_assets.labels.table import LabelTable
from seismic_assets.labels.volume import Volume, VolumeOnFile, VolumePainter
from seismic_assets.labels.volume_files import load_volume

KIND_ORDER: tuple[Kind, ...] = ("volume", "picks", "table")
_Loaded = Volume | Picks | LabelTable


@dataclass(frozen=True)
class SourceMatch:
    """How much of a source met a file.

    Attributes:
        source: the source.
        samples: samples of the file that it labels; what it says twice counts twice.
        outside: picks on the file's traces, or rows of a table about the file, that reach none of its samples.
    """

    source: Source
    samples: int
    outside: int = 0


class _Painter(Protocol):
    def sample_classes(self, rows: NDArray[np.int64]) -> NDArray[np.int16]: ...


@dataclass(frozen=True)
class FileLabels:
    """The labels of one file.

    Attributes:
        kind: the kind of source that was chosen.
        source: what the labels come from, such as "volume penobscot_labels.npz".
        matches: the figures of every source, of the other kinds too, in the order of labels.yaml.
        num_traces: traces of the file.
        num_samples: samples a trace.
    """

    kind: Kind
    source: str
    matches: tuple[SourceMatch, ...]
    num_traces: int
    num_samples: int
    _painter: _Painter

    def sample_classes(self, rows: slice | ArrayLike) -> NDArray[np.int16]:
        """Class of each sample of some traces; nothing is kept for the others, so blocks take constant memory.

        Args:
            rows: traces of the file, as a slice or an array of positions.

        Returns:
            (len(rows), num_samples) int16: class index, or -1 where a sample has none.

        Raises:
            LabelError: if two volumes give one of these samples two different classes.
        """
        if isinstance(rows, slice):
            return self._painter.sample_classes(np.arange(*rows.indices(self.num_traces)))
        return self._painter.sample_classes(np.asarray(rows, dtype=np.int64))


class Labels:
    """The loaded sources of an interpretation; obtained from `load_sources`."""

    def __init__(self, config: LabelConfig, loaded: Sequence[_Loaded]) -> None:
        self.config = config
        self._loaded = tuple(zip(config.sources, loaded, strict=True))

    def for_file(
        self,
        file_name: str,
        inline: ArrayLike,
        crossline: ArrayLike,
        *,
        start_ms: float,
        sample_interval_us: int,
        num_samples: int,
    ) -> FileLabels | None:
        """The labels of one file, from the first kind that labels a sample of it: volume, picks, table.

        Args:
            file_name: path of the SEG-Y file relative to labels.yaml.
            inline: (n,) integers, one a trace, in file order.
            crossline: (n,) integers.
            start_ms: time of the first sample in milliseconds.
            sample_interval_us: microseconds.
            num_samples: samples a trace.

        Returns:
            The labels; None where no source labels a sample of the file.

        Raises:
            LabelError: if sources of the chosen kind contradict each other, or a source contradicts the file's
                time axis or trace headers.
        """
        geometry = _geometry(
            file_name,
            inline,
            crossline,
            start_ms=start_ms,
            sample_interval_us=sample_interval_us,
            num_samples=num_samples,
        )
        laid = self._lay(geometry)
        hits = [item for item in laid if item.match.samples]
        kind = next((kind for kind in KIND_ORDER if any(item.match.source.kind == kind for item in hits)), None)
        if kind is None:
            return None
        chosen = [item for item in hits if item.match.source.kind == kind]
        return FileLabels(
            kind=kind,
            source=_description(kind, chosen),
            matches=tuple(item.match for item in laid),
            num_traces=geometry.num_traces,
            num_samples=geometry.num_samples,
            _painter=_painter(geometry, chosen, self.config.classes),
        )

    def match(
        self,
        file_name: str,
        inline: ArrayLike,
        crossline: ArrayLike,
        *,
        start_ms: float,
        sample_interval_us: int,
        num_samples: int,
    ) -> tuple[SourceMatch, ...]:
        """How much of each source meets a file, in the order of labels.yaml; arguments as in `for_file`.

        `FileLabels.matches` holds the same figures; this is for a file that has no labels.
        """
        geometry = _geometry(
            file_name,
            inline,
            crossline,
            start_ms=start_ms,
            sample_interval_us=sample_interval_us,
            num_samples=num_samples,
        )
        return tuple(item.match for item in self._lay(geometry))

    def _lay(self, geometry: FileGeometry) -> list[_Laid]:
        return [_lay(source, loaded, geometry) for source, loaded in self._loaded]


def load_sources(config: LabelConfig) -> Labels:
    """Load every source of an interpretation.

    Raises:
        LabelError: with file and line, if a source cannot be read or names an unknown class.
    """
    return Labels(config, [_load(source, config.classes) for source in config.sources])


@dataclass(frozen=True)
class _Laid:
    """A source laid on a file's traces: its figures, and what of it can be painted."""

    match: SourceMatch
    content: VolumeOnFile | Segments | None


def _load(source: Source, class_names: Sequence[str]) -> _Loaded:
    if source.kind == "volume":
        return load_volume(source.path, class_names)
    if source.kind == "picks":
        assert source.class_index is not None
        return Picks(source.path, source.columns, source.class_index)
    return LabelTable(source.path, class_names, source.file)


def _lay(source: Source, loaded: _Loaded, geometry: FileGeometry) -> _Laid:
    if source.file is not None and not belongs_to(source.file, geometry.name):
        return _Laid(SourceMatch(source, 0), None)
    if isinstance(loaded, Volume):
        volume = loaded.on(geometry)
        return _Laid(SourceMatch(source, 0 if volume is None else volume.num_labelled()), volume)
    segments, outside = loaded.segments(geometry)
    return _Laid(SourceMatch(source, segments.num_samples(), outside), segments)


def _painter(geometry: FileGeometry, chosen: Sequence[_Laid], class_names: Sequence[str]) -> _Painter:
    volumes = [item.content for item in chosen if isinstance(item.content, VolumeOnFile)]
    if volumes:
        return VolumePainter(volumes, class_names)
    return SegmentPainter(
        geometry,
        parts=[item.content for item in chosen if isinstance(item.content, Segments)],
        names=[str(item.match.source.path) for item in chosen],
        class_names=class_names,
    )


def _description(kind: Kind, chosen: Sequence[_Laid]) -> str:
    names = [item.match.source.name for item in chosen]
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{kind} {names[0]}{more}"


def _geometry(
    file_name: str,
    inline: ArrayLike,
    crossline: ArrayLike,
    *,
    start_ms: float,
    sample_interval_us: int,
    num_samples: int,
) -> FileGeometry:
    return FileGeometry(file_name, np.asarray(inline), np.asarray(crossline), start_ms, sample_interval_us, num_samples)
