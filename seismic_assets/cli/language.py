"""`seismic llm`: whether a language model can be asked, and what it says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from seismic_assets.cli.render import errors, facts_table, output
from seismic_assets.settings import Settings, load_settings
from seismic_assets.tools.plain import printable

if TYPE_CHECKING:
    from seismic_assets.llm.client import OllamaModel

llm = typer.Typer(
    help="See whether a language model can be asked, and try one.", no_args_is_help=True, rich_markup_mode="rich"
)

_Model = Annotated[str | None, typer.Option(help="Name as `ollama list` shows it; SEISMIC_LLM_MODEL.")]


@llm.command()
def status(
    model: _Model = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Tell whether the server of OLLAMA_HOST answers and has the model; ends with status 1 where it does not.

    [bold]Example[/]

      OLLAMA_HOST=http://models:11434 seismic llm status --model mistral:7b
    """
    settings = load_settings(llm_model=model)
    found = _model(settings).status()
    facts = {
        "host": settings.ollama_host,
        "model": settings.llm_model,
        "enabled": settings.llm,
        **found.to_dict(),
    }
    if as_json:
        output.print_json(json.dumps(facts))
    else:
        shown = {
            "server": settings.ollama_host,
            "answers": _yes_or_no(found.reachable),
            "version": found.version or "not known",
            "model": f"{settings.llm_model}, {'there' if found.has_model else 'not there'}",
            "models": ", ".join(found.models) or "none",
            "asked by the graph": _yes_or_no(settings.llm) + ("" if settings.llm else "; set SEISMIC_LLM=true"),
        }
        output.print(facts_table("Language model", shown))
        output.print(printable(f"{found.sentence}."), markup=False, highlight=False, emoji=False, soft_wrap=True)
    if not found.has_model:
        raise typer.Exit(1)


@llm.command(name="try")
def try_model(text: Annotated[str, typer.Argument(help="What to ask.")], model: _Model = None) -> None:
    """Ask a model something and print its answer as it comes; the time and the tokens go to the standard error.

    What it says is not checked: only in reports are its statements compared with the figures.

    [bold]Example[/]

      seismic llm try "What is a seismic horizon, in one sentence?"
    """
    from seismic_assets.llm import Message, Question

    settings = load_settings(llm_model=model)
    question = Question("try", "1", (Message("user", text),))
    reply = _model(settings).answer(question, _print_piece)
    output.print()
    tokens = f"{_count(reply.answer_tokens)} tokens for {_count(reply.prompt_tokens)}"
    rate = f", {reply.answer_tokens / reply.seconds:.0f} a second" if reply.answer_tokens and reply.seconds else ""
    errors.print(f"{reply.model}: {reply.seconds:.1f} s, {tokens}{rate}", markup=False, highlight=False, soft_wrap=True)


def _model(settings: Settings) -> OllamaModel:
    from seismic_assets.deployment import client_config_of
    from seismic_assets.llm.client import OllamaModel

    return OllamaModel(client_config_of(settings))


def _print_piece(piece: str) -> None:
    output.print(printable(piece), end="", markup=False, highlight=False, emoji=False, soft_wrap=True)


def _yes_or_no(value: bool) -> str:
    return "yes" if value else "no"


def _count(tokens: int | None) -> str:
    return "an unknown number of" if tokens is None else f"{tokens:,}"
