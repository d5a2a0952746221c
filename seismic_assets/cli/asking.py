"""`seismic ask`: questions to the project's documents and the deployment's reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import typer
from rich.console import Group
from rich.panel import Panel
from rich.text import Text

from seismic_assets.cli.render import errors, output
from seismic_assets.settings import SettingsError, load_settings

if TYPE_CHECKING:
    from seismic_assets.knowledge import Answered, Found, KnowledgeIndex
    from seismic_assets.settings import Settings
    from seismic_assets.tools.answering import LookedUp

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
    storage_root: Annotated[Path | None, typer.Option(help="Storage root; SEISMIC_STORAGE_ROOT.")] = None,
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
    from seismic_assets.deployment import language_model_of
    from seismic_assets.knowledge import answer

    settings = load_settings(storage_root=storage_root)
    if tools:
        if no_model:
            raise typer.BadParameter("the tools are for a language model; leave out --no-model")
        _show_looked_up(_looked_up(settings, question), as_json)
        return
    index, problems = find_index(settings)
    answered = answer(index, question, None if no_model else language_model_of(settings), k, method)  # type: ignore[arg-type]
    if as_json:
        output.print_json(json.dumps(answered.to_dict()))
        return
    for each in (*problems, *answered.notes):
        errors.print(Text(f"Note: {each}", style="yellow"), soft_wrap=True)
    show(answered)


def _looked_up(settings: Settings, question: str) -> LookedUp:
    """What a language model finds with the read-only tools of `seismic mcp`."""
    from seismic_assets.deployment import language_model_of
    from seismic_assets.tools.answering import look_up
    from seismic_assets.tools.toolbox import Toolbox

    model = language_model_of(settings)
    if model is None:
        raise SettingsError(
            "looking things up with tools needs a language model: set SEISMIC_LLM=true, and see `seismic llm status`."
        )
    return look_up(model, list(Toolbox(settings).tools.values()), question)


def _show_looked_up(found: LookedUp, as_json: bool) -> None:
    if as_json:
        output.print_json(json.dumps(found.to_dict(), default=str))
        return
    for each in found.calls:
        told = ", ".join(f"{name}={value}" for name, value in each.arguments.items())
        errors.print(Text(f"{each.name}({told}): {'' if each.ok else 'failed: '}{each.answer[:100]}", style="dim"))
    if found.reason:
        errors.print(Text(f"Note: {found.reason}", style="yellow"), soft_wrap=True)
    if found.answer:
        output.print(Panel(Text(found.answer), title=f"answer of {found.model}", title_align="left"))


def find_index(settings: Settings) -> tuple[KnowledgeIndex, tuple[str, ...]]:
    """The index of the deployment; where none was made yet, one of the documentation and the reports, not saved.

    Args:
        settings: of the deployment.

    Returns:
        The index, and sentences on documents that could not be read.

    Raises:
        KnowledgeError: the deployment's index is damaged, or there is no document at all.
    """
    from seismic_assets import knowledge

    folder = settings.knowledge_index_dir
    if (folder / "current").exists():
        return knowledge.KnowledgeIndex.load(folder), ()
    parts = (knowledge.project_docs(), knowledge.load_reports(settings.storage_root), knowledge.table_documents())
    loaded = knowledge.gathered(parts)
    # Vectors of all passages take half a minute, which is for the asset that keeps them.
    note = "the documents are not indexed yet, so that embeddings are left out; `seismic run` indexes them"
    return knowledge.KnowledgeIndex.build(loaded.documents, notes=[note]), loaded.problems


def show(answered: Answered) -> None:
    """Print an answer and the passages that it is from."""
    if answered.model:
        output.print(Panel(Text(answered.answer), title=f"answer of {answered.model}", title_align="left"))
    elif not answered.found:
        output.print(Text(answered.answer), soft_wrap=True)
    elif answered.refused:
        errors.print(Text(f"Note: {answered.reason}", style="yellow"), soft_wrap=True)
    for number, each in enumerate(answered.found, 1):
        output.print(_panel(number, each))


def _panel(number: int, found: Found) -> Panel:
    passage = found.passage
    origin = Text(f"{passage.title}", style="dim")
    trust = "" if passage.trusted else ", text of a data file"
    title = Text(f"[{number}] {passage.source}{trust}, score {found.score:.2f}")
    return Panel(Group(origin, Text(passage.text)), title=title, title_align="left")
