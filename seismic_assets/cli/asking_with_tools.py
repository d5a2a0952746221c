"""`seismic ask --tools`: what a language model looked up, and what it made of that."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.panel import Panel
from rich.text import Text

from seismic_assets.cli.render import errors, output

if TYPE_CHECKING:
    from seismic_assets.knowledge import Answered
    from seismic_assets.llm.tool_use import Called
    from seismic_assets.settings import Settings

_EXCERPT = 500


def ask_with_tools(
    settings: Settings,
    question: str,
    passages: Callable[[], Answered],
    show_passages: Callable[[Answered], None],
    as_json: bool,
) -> None:
    """Let the language model of a deployment look things up with the tools of `seismic mcp`; print what comes of it.

    Args:
        settings: of the deployment.
        question: in words.
        passages: gives what the documents say, for where no model answers.
        show_passages: prints that.
        as_json: whether to print one object, and nothing else.
    """
    from seismic_assets.deployment import language_model_of
    from seismic_assets.tools.answering import look_up
    from seismic_assets.tools.toolbox import Toolbox

    model, tools = language_model_of(settings), list(Toolbox(settings).tools.values())
    if model is not None and not as_json:
        asking = f"asking {model.name} at {settings.ollama_host}; it has {settings.llm_timeout_s:g} s for each answer"
        errors.print(Text(asking, style="dim"), soft_wrap=True)
    found = look_up(model, tools, question, passages, None if as_json else _print_call)
    if as_json:
        output.print_json(json.dumps(found.to_dict(), default=str))
        return
    if found.reason:
        errors.print(Text(f"Note: {found.reason}", style="yellow"), soft_wrap=True)
    if found.passages is None:
        output.print(Panel(Text(found.answer), title=f"answer of {found.model}", title_align="left"))
    else:
        show_passages(found.passages)


def _print_call(called: Called) -> None:
    """A tool that was used: with what, and the beginning of what it gave."""
    from seismic_assets.llm.prompts.quoting import one_line

    arguments = ", ".join(f"{name}={json.dumps(value, default=str)}" for name, value in called.arguments.items())
    said = one_line(called.answer, _EXCERPT)
    output.print(Text(one_line(f"{called.name}({arguments})", _EXCERPT), style="bold"), soft_wrap=True)
    output.print(Text(f"  {said}" if called.ok else f"  failed: {said}", style="dim"), soft_wrap=True)
