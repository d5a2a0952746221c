"""The commands, and what becomes of an error: one sentence and a status."""

from __future__ import annotations

import sys

import typer
from rich.markup import escape

from seismic_assets.alerts.errors import AlertError
from seismic_assets.backups.errors import BackupError
from seismic_assets.cli.asking import ask
from seismic_assets.cli.backing_up import backup, restore
from seismic_assets.cli.config import config
from seismic_assets.cli.dagster_processes import dagster
from seismic_assets.cli.deploying import deploy
from seismic_assets.cli.dev import dev
from seismic_assets.cli.exporting import exporter
from seismic_assets.cli.features import features
from seismic_assets.cli.inspection import inspect
from seismic_assets.cli.keys import key
from seismic_assets.cli.language import llm
from seismic_assets.cli.making import sample, survey
from seismic_assets.cli.models import model
from seismic_assets.cli.predicting import predict
from seismic_assets.cli.quality import quality
from seismic_assets.cli.querying import sql
from seismic_assets.cli.render import errors
from seismic_assets.cli.run import run
from seismic_assets.cli.serving import serve
from seismic_assets.cli.tidying import tidy
from seismic_assets.cli.tooling import mcp
from seismic_assets.cli.validating import validate
from seismic_assets.cli.writing import sentence_of
from seismic_assets.cluster import ClusterError
from seismic_assets.feature_store.errors import FeatureStoreError
from seismic_assets.inference import PredictionError
from seismic_assets.knowledge.errors import KnowledgeError
from seismic_assets.labels import LabelError
from seismic_assets.lake import LakeError
from seismic_assets.llm.errors import LanguageModelError
from seismic_assets.monitoring.errors import MonitoringError
from seismic_assets.objects import ObjectStoreError
from seismic_assets.registry import BundleError, RegistryError
from seismic_assets.releasing.errors import DeployError
from seismic_assets.segy import SegyError
from seismic_assets.serving.errors import ServingError
from seismic_assets.settings import SettingsError
from seismic_assets.survey import SurveyError
from seismic_assets.validation.errors import ValidationError

app = typer.Typer(
    help="Machine learning on seismic data: from a folder of SEG-Y files to predictions.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
_COMMANDS = (run, validate, deploy, inspect, predict, serve, exporter, sql, survey, sample, tidy, backup, restore)
for command in (*_COMMANDS, dev, ask, mcp):
    app.command()(command)
app.add_typer(model, name="model")
app.add_typer(key, name="key")
app.add_typer(features, name="features")
app.add_typer(quality, name="quality")
app.add_typer(llm, name="llm")
app.add_typer(config, name="config")
app.add_typer(dagster, name="dagster")

KNOWN_ERRORS = (
    SettingsError,
    SegyError,
    LabelError,
    LakeError,
    RegistryError,
    BundleError,
    SurveyError,
    PredictionError,
    ServingError,
    MonitoringError,
    AlertError,
    FeatureStoreError,
    KnowledgeError,
    LanguageModelError,
    ObjectStoreError,
    ClusterError,
    ValidationError,
    DeployError,
    BackupError,
)


def main() -> None:
    """Run the command line; a known error or a path that fails ends in a sentence and status 2, Ctrl-C in 130."""
    try:
        app()
    except KNOWN_ERRORS as error:
        _say(str(error))
        sys.exit(2)
    except OSError as error:
        sentence = sentence_of(error)
        if sentence is None:
            raise
        _say(sentence)
        sys.exit(2)
    except KeyboardInterrupt:
        errors.print("stopped; run the same command again to go on")
        sys.exit(130)


def _say(sentence: str) -> None:
    # File names may hold brackets, which rich would take for its markup.
    errors.print(f"[bold red]Error:[/] {escape(sentence)}", highlight=False, soft_wrap=True)
