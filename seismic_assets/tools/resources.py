"""What a client may attach to a conversation, by fixed names: reports of the deployment, pages of the documentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from seismic_assets.llm.tool_use import ToolError
from seismic_assets.tools.arguments import ReportName
from seismic_assets.tools.reports import WHAT_THEY_SAY

if TYPE_CHECKING:
    from seismic_assets.knowledge import Document
    from seismic_assets.tools.toolbox import Toolbox

REPORTS, PAGES = "seismic://reports/", "seismic://"
MARKDOWN, PLAIN = "text/markdown", "text/plain"
_MOST_CHARACTERS = 200_000
_OF_JSON = ("evaluation", "monitoring", "feature_catalogue")


@dataclass(frozen=True)
class Listed:
    """Something that can be read.

    Attributes:
        uri: such as `seismic://reports/model_card` or `seismic://docs/user.md`.
        name: within its kind.
        title: for a person.
        description: what it says.
        mime_type: Markdown or plain text.
    """

    uri: str
    name: str
    title: str
    description: str
    mime_type: str


class Resources:
    """The reports that were made, and the documentation; for several threads."""

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox

    def listed(self) -> list[Listed]:
        """What there is: the reports first."""
        reports = [
            Listed(f"{REPORTS}{name}", name, f"Report: {name.replace('_', ' ')}", _sentence(name), _kind_of(name))
            for name in self._toolbox.reports.made()
        ]
        pages = [
            Listed(f"{PAGES}{name}", name, page.title, f"{name}, a page of the documentation.", MARKDOWN)
            for name, page in _pages().items()
        ]
        return [*reports, *pages]

    def read(self, uri: str) -> tuple[str, str]:
        """Text and MIME type of a resource.

        Raises:
            ToolError: there is no such resource, or it was not made yet.
        """
        report = uri.removeprefix(REPORTS)
        if uri.startswith(REPORTS) and report in WHAT_THEY_SAY:
            text = self._toolbox.report(report)
            if len(text) > _MOST_CHARACTERS:
                text = f"{text[:_MOST_CHARACTERS]}\n... (get_report gives the rest in parts)"
            return text, _kind_of(report)
        page = _pages().get(uri.removeprefix(PAGES)) if uri.startswith(PAGES) else None
        if page is None:
            raise ToolError("there is no such resource; resources/list names them")
        return page.text, MARKDOWN


def _sentence(report: ReportName) -> str:
    what = WHAT_THEY_SAY[report]
    return f"{what[0].upper()}{what[1:]}."


def _kind_of(report: str) -> str:
    return PLAIN if report in _OF_JSON else MARKDOWN


@cache
def _pages() -> Mapping[str, Document]:
    """The pages of the documentation by the name that ask_documents gives as their source."""
    from seismic_assets.knowledge import project_docs

    return {page.source: page for page in project_docs().documents}
