"""`seismic model export`: a version as one ONNX graph, for programs without this package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seismic_assets.cli.folders import StorageRoot
from seismic_assets.cli.render import facts_table, output
from seismic_assets.settings import Settings, load_settings

if TYPE_CHECKING:
    from seismic_assets.registry import Bundle

_MADE_UP = "made-up windows: Ricker wavelets and noise"


def export(
    out: Annotated[Path, typer.Option("--out", "-o", help="ONNX file to write.")],
    version: Annotated[str | None, typer.Argument(help="A version; by default the one in production.")] = None,
    check: Annotated[Path | None, typer.Option(help="SEG-Y file to compare the graph with serving on.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    storage_root: StorageRoot = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Write one ONNX graph from the samples of windows to class probabilities, for other servers and programs.

    Its answers are compared with those that this package serves, on the first live traces of a file (--check) or else
    on made-up windows; the graph carries the result in its metadata.

    [bold]Example[/]

      seismic model export 3 -o model.onnx --check line.sgy --storage-root store/
    """
    _check_target(out, check, force)
    settings = load_settings(storage_root=storage_root)
    from seismic_assets.deployment import registry_of
    from seismic_assets.inference.single_graph import single_graph, with_facts, write_graph

    registry = registry_of(settings)
    version, bundle = registry.aliased() if version is None else (version, registry.bundle(version))
    graph = single_graph(bundle)
    facts = {"model": registry.model_name, "version": version, **_compared(bundle, graph, check, settings)}
    write_graph(out, with_facts(graph, {name: str(value) for name, value in facts.items()}))
    if as_json:
        output.print_json(json.dumps({"file": str(out), **facts}))
    else:
        output.print(facts_table(str(out), {name.replace("_", " "): _shown(each) for name, each in facts.items()}))


def _compared(bundle: Bundle, graph: bytes, check: Path | None, settings: Settings) -> Mapping[str, Any]:
    """On what the graph was compared with serving, and what came out."""
    from seismic_assets.inference.single_graph_check import compare, file_windows, trial_windows

    if check is None:
        compared_on, (windows, scale) = _MADE_UP, trial_windows(bundle)
    else:
        compared_on = f"the first live traces of {check.name}"
        windows, scale = file_windows(bundle, check, mapping=settings.header_map, resample=settings.resample)
    return {"compared_on": compared_on, **asdict(compare(bundle, graph, windows, scale))}


def _check_target(out: Path, check: Path | None, force: bool) -> None:
    if out.is_dir():
        raise typer.BadParameter(f"{out} is a folder; give the ONNX file to write")
    if not out.parent.is_dir():
        raise typer.BadParameter(f"the folder {out.parent} of the output does not exist")
    if check is not None and out.exists() and check.exists() and out.samefile(check):
        raise typer.BadParameter(f"{out} is the SEG-Y file itself; give another file to write to")
    if out.exists() and not force:
        raise typer.BadParameter(f"{out} is there already; give another file, or --force to write over it")


def _shown(value: Any) -> str:
    """A share with all its digits, so that 99.99 % does not read as all."""
    return f"{value:,}" if isinstance(value, int) else str(value)
