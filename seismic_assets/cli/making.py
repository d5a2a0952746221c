"""`seismic survey` and `seismic sample`: commands that make SEG-Y files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from seismic_assets.cli.render import errors, facts_table, output
from seismic_assets.cli.writing import writing_to
from seismic_assets.survey import SubVolume, sample_survey
from seismic_assets.survey.export import write_survey
from seismic_assets.survey.spec import SurveySpec
from seismic_assets.survey.synthetic import make_survey


def survey(
    out: Annotated[Path, typer.Argument(help="Folder to write into; made if it is not there.")],
    seed: Annotated[int, typer.Option(help="Another seed is another geology.")] = 1,
    surveys: Annotated[int, typer.Option(min=1, help="How many, with seeds from SEED on.")] = 1,
    inlines: Annotated[int, typer.Option(help="Inlines of each.")] = 60,
    crosslines: Annotated[int, typer.Option(help="Crosslines of each.")] = 80,
    samples: Annotated[int, typer.Option(help="Samples a trace, 4 ms each.")] = 462,
    signal_to_noise: Annotated[float, typer.Option(help="Ratio of powers.")] = 6.0,
    peak_frequency: Annotated[float, typer.Option(help="Of the wavelet, Hz.")] = 32.0,
    gain: Annotated[float, typer.Option(help="Factor on all amplitudes.")] = 1.0,
    files: Annotated[int, typer.Option(min=1, help="SEG-Y files of each.")] = 1,
    ieee: Annotated[bool, typer.Option("--ieee", help="IEEE instead of IBM floats.")] = False,
) -> None:
    """Make synthetic surveys as SEG-Y, with labels that come from their geology.

    [bold]Examples[/]

      seismic survey landing/ --surveys 3

      seismic survey landing/ --seed 7 --inlines 100 --crosslines 200 --signal-to-noise 3
    """
    out.mkdir(parents=True, exist_ok=True)
    with Progress(console=errors, transient=True) as bar:
        for number in bar.track(range(seed, seed + surveys), description="making surveys"):
            spec = SurveySpec(
                seed=number,
                inlines=inlines,
                crosslines=crosslines,
                samples=samples,
                signal_to_noise=signal_to_noise,
                peak_frequency_hz=peak_frequency,
                gain=gain,
            )
            made, name = make_survey(spec), f"survey_{number:03d}"
            with writing_to(out):
                paths = write_survey(made, out, name, sample_format="ieee" if ieee else "ibm", files=files)
            for path in paths:
                output.print(
                    f"{path}: {path.stat().st_size / 1e6:.1f} MB", highlight=False, markup=False, soft_wrap=True
                )


def sample(
    source: Annotated[Path, typer.Argument(help="A large SEG-Y file.")],
    out: Annotated[Path, typer.Argument(help="Folder to write into.")],
    traces: Annotated[int, typer.Option(min=1, help="Traces to draw.")] = 500,
    files: Annotated[int, typer.Option(min=1, help="SEG-Y files to write.")] = 5,
    seed: Annotated[int, typer.Option(help="Of the random draw.")] = 42,
    inlines: Annotated[tuple[int, int] | None, typer.Option(help="First and last inline of a sub-volume.")] = None,
    crosslines: Annotated[tuple[int, int] | None, typer.Option(help="First and last crossline of it.")] = None,
) -> None:
    """Draw traces at random from a large SEG-Y file, or cut a sub-volume, with missing headers imputed.

    [bold]Examples[/]

      seismic sample volume.sgy landing/ --traces 500

      seismic sample volume.sgy landing/ --inlines 100 150 --crosslines 300 400
    """
    if (inlines is None) != (crosslines is None):
        raise typer.BadParameter("a sub-volume needs both --inlines and --crosslines")
    window = SubVolume(*inlines, *crosslines) if inlines is not None and crosslines is not None else None
    out.mkdir(parents=True, exist_ok=True)
    report = sample_survey(source, out, traces=traces, seed=seed, files=files, window=window)
    metadata = json.loads((out / "sample_metadata.json").read_text())
    output.print(facts_table(f"sample of {source.name}", {key: value for key, value in metadata.items() if value}))
    errors.print(f"{sum(file.traces for file in report.files)} traces in {len(report.files)} files", highlight=False)
