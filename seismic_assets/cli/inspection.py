"""`seismic inspect`: what a SEG-Y file is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.markup import escape
from rich.panel import Panel
from rich.text import Text

from seismic_assets.cli.preview import section_text
from seismic_assets.cli.render import facts_table, output
from seismic_assets.segy import FileReport, Geometry, HeaderMap, Section, inspect_file, middle_section, open_segy
from seismic_assets.settings import load_settings
from seismic_assets.whole_files import replace_file

_EMPTY_CARD = re.compile(r"C\s*\d+\s*|\s*")
_Byte = typer.Option(min=1, max=237, help="First byte of the number in the trace header; by default of the settings.")


def inspect(
    file: Annotated[Path, typer.Argument(help="A SEG-Y file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
    picture: Annotated[Path | None, typer.Option(help="Write a picture of a section and its amplitudes, PNG.")] = None,
    inline_byte: Annotated[int | None, _Byte] = None,
    crossline_byte: Annotated[int | None, _Byte] = None,
) -> None:
    """Say what a SEG-Y file is and whether it would be admitted; exit status 0 when it would.

    [bold]Examples[/]

      seismic inspect line.sgy --picture line.png

      seismic inspect line.sgy --inline-byte 9 --crossline-byte 21

      seismic inspect line.sgy --json | jq .geometry
    """
    if file.is_dir():
        raise typer.BadParameter(f"{file} is a folder; give one SEG-Y file")
    if picture is not None:
        _check_picture(picture)
    mapping = load_settings(inline_byte=inline_byte, crossline_byte=crossline_byte).header_map
    report = inspect_file(file, mapping)
    section = _section(file, mapping) if report.admitted and (picture is not None or not as_json) else None
    if picture is not None and section is not None:
        from seismic_assets.segy import section_png

        replace_file(picture, section_png(section, file.name))
    if as_json:
        output.print_json(json.dumps(report.as_dict()))
    else:
        _print(report, section)
    raise typer.Exit(0 if report.admitted else 1)


def _check_picture(picture: Path) -> None:
    if picture.suffix.lower() != ".png":
        raise typer.BadParameter(f"the picture is a PNG; give a name that ends in .png, not {picture.name}")
    if not picture.parent.is_dir():
        raise typer.BadParameter(f"the folder {picture.parent} of the picture does not exist")
    if picture.is_dir():
        raise typer.BadParameter(f"{picture} is a folder; give the PNG file to write")


def _section(file: Path, mapping: HeaderMap) -> Section:
    with open_segy(file, mapping) as reader:
        return middle_section(reader)


def _print(report: FileReport, section: Section | None) -> None:
    if report.text is not None and report.text.lines:
        text = "\n".join(line for line in report.text.lines if not _EMPTY_CARD.fullmatch(line))
        output.print(Panel(Text(text), title=f"text header, {report.text.encoding}", box=box.ROUNDED, expand=False))
    output.print(facts_table(report.file, _facts(report)))
    for problem in report.problems:
        output.print(f"[yellow]{'Note' if report.admitted else 'Refused'}:[/] {escape(problem)}", soft_wrap=True)
    if section is not None and output.is_terminal:
        output.print(section_text(section, min(output.width, 96)))
        output.print(f"{section.title}, {section.axis} {section.numbers[0]} to {section.numbers[-1]}", style="dim")


def _facts(report: FileReport) -> dict[str, str]:
    if report.geometry is None:
        return {"admitted": "no"}
    return {
        "admitted": "yes",
        "traces": f"{report.traces:,}",
        "samples": f"{report.samples:,} every {report.sample_interval_us} us from {report.start_ms:g} ms",
        "sample interval": _said(report, "interval_us", "us"),
        "samples a trace": _said(report, "samples", "samples"),
        "sample format": f"{report.format} (code {report.format_code}), {report.endian}-endian",
        "revision": report.revision,
        **_extended(report),
        **_places(report, report.geometry),
        **_amplitudes(report),
    }


def _said(report: FileReport, what: str, unit: str) -> str:
    """What the binary header and the trace headers say of the same thing."""
    said = report.binary[what]
    low, high = said["trace_headers"]
    traces = "say nothing" if not high else f"{low:,} {unit}" if low == high else f"{low:,} to {high:,} {unit}"
    return f"binary header {said['binary_header']:,} {unit}, trace headers {traces}"


def _extended(report: FileReport) -> dict[str, str]:
    if report.text is None or not report.text.extended:
        return {}
    names = ", ".join(report.text.stanzas)
    return {"extended headers": f"{len(report.text.extended)}{f', stanzas {names}' if names else ''}"}


def _places(report: FileReport, geometry: Geometry) -> dict[str, str]:
    at = report.header_bytes
    facts = {
        "geometry": f"{geometry.kind}, sorted by {geometry.sorting}" if geometry.sorting != "none" else geometry.kind,
        "inlines": f"{_numbers(geometry.inlines, geometry.inline, geometry.inline_step)} (byte {at.inline})",
        "crosslines": f"{_numbers(geometry.crosslines, geometry.crossline, geometry.crossline_step)} "
        f"(byte {at.crossline})",
        "CDP": f"{geometry.cdp[0]} to {geometry.cdp[1]}",
        "coordinates": f"x {geometry.x[0]:.1f} to {geometry.x[1]:.1f}, y {geometry.y[0]:.1f} to {geometry.y[1]:.1f}, "
        f"scalar {', '.join(map(str, report.binary['coordinate_scalars']))}",
        "traces at a position": f"up to {geometry.traces_per_position}",
    }
    if geometry.bin_size is not None:
        facts["bins"] = f"{geometry.bin_size:.2f} apart, coordinates off the grid by {geometry.coordinate_misfit:.2f}"
    if geometry.offsets > 1:
        facts["offsets"] = _numbers(geometry.offsets, geometry.offset, 0)
    return facts


def _numbers(count: int, span: tuple[int, int], step: int) -> str:
    if count == 1:
        return str(span[0])
    return f"{count:,} from {span[0]} to {span[1]}" + (f" in steps of {step}" if step > 1 else "")


def _amplitudes(report: FileReport) -> dict[str, str]:
    found = report.amplitudes
    if found is None:
        return {}
    if found.not_finite and found.scale == 0 and found.minimum == found.maximum == 0:
        return {"amplitudes": f"no sample of {found.traces:,} sampled traces is finite, or all are zero"}
    return {
        "amplitudes": f"{found.minimum:.6g} to {found.maximum:.6g}, mean {found.mean:.4g}, "
        f"standard deviation {found.std:.4g}",
        "robust scale": f"{found.scale:.4g}; 99 % of absolute values below {found.p99:.4g}",
        "zeros": f"{found.zeros:.1%} of the samples",
        "not finite": f"{found.not_finite:,} samples; {found.traces:,} traces were looked at",
    }
