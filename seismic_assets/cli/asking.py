"""`seismic ask`: questions to the project's documents and the deployment's reports."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import typer
from rich.console import Group
from rich.panel import Panel
from rich.text import Text

from seismic_assets.cli.asking_with_tools import ask_with_tools
from seismic_assets.cli.folders import LandingDir, StorageRoot, check_storage_root
from seismic_assets.cli.render import errors, output
from seismic_assets.logs import configure_logs
from seismic_assets.settings import load_settings

if TYPE_CHECKING:
    from seismic_assets.knowledge import Answered, Found
    from seismic_assets.llm.language import LanguageModel

MethodName = Literal["hybrid", "tfidf", "bm25", "embedding"]


def ask(
    question: Annotated[str, typer.Argument(help="A question in English, in quotes.")],
    k: Annotated[int, typer.Option("--k", "-k", min=1, max=20, help="Passages to look at.")] = 5,
    method: Annotated[str, typer.Option(help=f"How to look: {', '.join(get_args(MethodName))}.")] = "hybrid",
    tools: Annotated[
        bool, typer.Option("--tools", help="Let the language model look things up in files, tables and reports.")
    ] = False,
    no_model: Annotated[bool, typer.Option("--no-model", help="Show the passages; ask no language model.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
    storage_root: StorageRoot = None,
    landing_dir: LandingDir = None,
) -> None:
    """Ask the documentation, the tables' descriptions and the reports of a deployment.

    [bold]Examples[/]

      seismic ask "how do I go back to the model before?"

      seismic ask "which feature drifted in survey_001.sgy?" --storage-root store/ --no-model

      seismic ask "what is a window?" --method bm25 --k 3 --json

      SEISMIC_LLM=true seismic ask "how many dead traces has the worst file?" --tools --storage-root store/
    """
    if method not in get_args(MethodName):
        raise typer.BadParameter(f"take one of {', '.join(get_args(MethodName))}, not {method}")
    if tools and no_model:
        raise typer.BadParameter("the tools are for a language model; leave out --no-model")
    from seismic_assets.deployment import language_model_of
    from seismic_assets.knowledge import answer, current_or_provisional

    settings = load_settings(storage_root=storage_root, landing_dir=landing_dir)
    if storage_root is not None:  # else the documentation can be asked before anything was run
        check_storage_root(settings.local_root)

    def answered_by(model: LanguageModel | None) -> Answered:
        index = current_or_provisional(settings.knowledge_index_dir, settings.local_root)
        return answer(index, question, model, k, method)  # type: ignore[arg-type]

    configure_logs("ERROR")  # what is less is said as a note
    if tools:
        ask_with_tools(settings, question, partial(answered_by, None), show, as_json)
        return
    model = None if no_model else language_model_of(settings)
    answered = answered_by(model)
    if as_json:
        output.print_json(json.dumps(answered.to_dict()))
        return
    if model is not None and answered.found and answered.reason:
        _note(answered.reason)
    show(answered)


def show(answered: Answered) -> None:
    """Print an answer and the passages that it is from, and what they leave out."""
    for sentence in answered.notes:
        _note(sentence)
    if answered.model:
        output.print(Panel(Text(answered.answer), title=f"answer of {answered.model}", title_align="left"))
    elif not answered.found:
        output.print(Text(answered.answer), soft_wrap=True)
    for number, each in enumerate(answered.found, 1):
        output.print(_panel(number, each))


def _note(sentence: str) -> None:
    errors.print(Text(f"Note: {sentence}", style="yellow"), soft_wrap=True)


def _panel(number: int, found: Found) -> Panel:
    passage = found.passage
    origin = Text(f"{passage.title}", style="dim")
    trust = "" if passage.trusted else ", text of a data file"
    title = Text(f"[{number}] {passage.source}{trust}, similarity {found.similarity:.2f}")
    return Panel(Group(origin, Text(passage.text)), title=title, title_align="left")
