"""Read, write, inspect and admit SEG-Y files."""

from seismic_assets.segy.discovery import LandedPath, digest_file, file_id_of, list_segy_files
from seismic_assets.segy.errors import (
    EmptySegyError,
    LandingFolderError,
    NotSegyError,
    SegyError,
    TruncatedSegyError,
    UnreadableSegyError,
    UnsupportedSegyError,
)
from seismic_assets.segy.inspect import FileReport, Geometry, inspect_file
from seismic_assets.segy.layout import FORMAT_NAMES, Layout, read_layout
from seismic_assets.segy.reader import SegyReader, TraceHeaders, open_segy
from seismic_assets.segy.stock import Stock, StockEntry, take_stock
from seismic_assets.segy.writer import write_segy

__all__ = [
    "FORMAT_NAMES",
    "EmptySegyError",
    "FileReport",
    "Geometry",
    "LandedPath",
    "LandingFolderError",
    "Layout",
    "NotSegyError",
    "SegyError",
    "SegyReader",
    "Stock",
    "StockEntry",
    "TraceHeaders",
    "TruncatedSegyError",
    "UnreadableSegyError",
    "UnsupportedSegyError",
    "digest_file",
    "file_id_of",
    "inspect_file",
    "list_segy_files",
    "open_segy",
    "read_layout",
    "take_stock",
    "write_segy",
]
