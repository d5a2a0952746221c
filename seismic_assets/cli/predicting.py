"""`seismic predict`: a file through the production model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import Progress

from seismic_assets.cli.render import errors, output
from seismic_assets.settings import load_settings


def predict(
    file: Annotated[Path, typer.Argument(help="A SEG-Y file.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Parquet file to write.")],
    storage_root: Annotated[Path | None, typer.Option(help="Storage root that holds the model.")] = None,
) -> None:
    """Predict every window of a SEG-Y file with the production model and write the rows to a Parquet file.

    [bold]Example[/]

      seismic predict line.sgy -o line.parquet --storage-root store/
    """
    if out.is_dir():
        raise typer.BadParameter(f"{out} is a folder; give the Parquet file to write")
    if not out.parent.is_dir():
        raise typer.BadParameter(f"the folder {out.parent} of the output does not exist")
    if out.exists() and file.exists() and out.samefile(file):
        raise typer.BadParameter(f"{out} is the SEG-Y file itself; give another file to write to")
    settings = load_settings(storage_root=storage_root)
    from seismic_assets.defs.resources import registry_of
    from seismic_assets.inference import Predictor, predict_file, write_predictions

    version, bundle = registry_of(settings).aliased()
    with Progress(console=errors, transient=True) as bar:
        task = bar.add_task(f"predicting {escape(file.name)}", total=None)
        frames = predict_file(
            Predictor(bundle),
            file,
            lambda done, total: bar.update(task, completed=done, total=total),
            mapping=settings.header_map,
            resample=settings.resample,
        )
        rows = write_predictions(frames, out)
    sentence = f"{rows:,} windows of {file.name} predicted by version {version}: {out}"
    output.print(sentence, highlight=False, markup=False, soft_wrap=True)
