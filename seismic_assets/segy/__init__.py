"""Read, write, inspect and admit SEG-Y files."""

from seismic_assets.segy.amplitudes import robust_scale, scale_stride
from seismic_assets.segy.discovery import LandedPath, digest_file, file_id_of, list_segy_files
from seismic_assets.segy.errors import (
    ChangedSegyError,
    EmptySegyError,
    LandingFolderError,
    NotSegyError,
    SegyError,
    TruncatedSegyError,
    UnreadableSegyError,
    UnsupportedSegyError,
)
from seismic_assets.segy.formats import FORMAT_NAMES
from seismic_assets.segy.geometry import Geometry
from seismic_assets.segy.headers import STANDARD_MAP, HeaderMap, TraceHeaders
from seismic_assets.segy.inspect import (
    FileReport,
    HeaderFacts,
    HeaderScan,
    file_scale,
    inspect_file,
    sample_traces,
    scan_headers,
)
from seismic_assets.segy.layout import Layout, read_layout
from seismic_assets.segy.reader import SegyReader, TraceBlock, open_segy
from seismic_assets.segy.resampling import resample_traces, resampled_length
from seismic_assets.segy.section import Section, clip_of, middle_section, section_png
from seismic_assets.segy.stock import Stock, StockEntry, take_stock
from seismic_assets.segy.writer import SegyWriter, create_segy, write_segy

__all__ = [
    "FORMAT_NAMES",
    "STANDARD_MAP",
    "ChangedSegyError",
    "EmptySegyError",
    "FileReport",
    "Geometry",
    "HeaderFacts",
    "HeaderMap",
    "HeaderScan",
    "LandedPath",
    "LandingFolderError",
    "Layout",
    "NotSegyError",
    "Section",
    "SegyError",
    "SegyReader",
    "SegyWriter",
    "Stock",
    "StockEntry",
    "TraceBlock",
    "TraceHeaders",
    "TruncatedSegyError",
    "UnreadableSegyError",
    "UnsupportedSegyError",
    "clip_of",
    "create_segy",
    "digest_file",
    "file_id_of",
    "file_scale",
    "inspect_file",
    "list_segy_files",
    "middle_section",
    "open_segy",
    "read_layout",
    "resample_traces",
    "resampled_length",
    "robust_scale",
    "sample_traces",
    "scale_stride",
    "scan_headers",
    "section_png",
    "take_stock",
    "write_segy",
]
