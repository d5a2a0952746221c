"""Questions to the project's own documentation: how often the right passage is among the first.

The documents are README.md and docs/*.md of the checkout, the questions `retrieval_questions.yaml`. A question is
answered at a rank where the passage of that rank holds one of its phrases. Figures are of all questions, and apart of
those that were in view while the methods were made (`known`), and of those that were written afterwards and changed
nothing (`fresh`), which are the ones to expect.

    python -m benchmarks.retrieval --json
    python -m benchmarks.retrieval --without-embeddings
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.table import Table

from seismic_assets.knowledge import Found, KnowledgeIndex, Method, Passage, find_embedder, project_docs
from seismic_assets.knowledge.index import MOST_PASSAGES

QUESTIONS = Path(__file__).with_name("retrieval_questions.yaml")
ROOT = Path(__file__).resolve().parent.parent
GROUPS = ("all", "known", "fresh")


@dataclass(frozen=True)
class Anchor:
    source: str
    phrase: str

    def is_in(self, passage: Passage) -> bool:
        return passage.source == self.source and same_blanks(self.phrase) in same_blanks(passage.text)


@dataclass(frozen=True)
class Asked:
    """A question, its group, and where it is answered."""

    question: str
    group: str
    answers: tuple[Anchor, ...]

    def rank(self, found: Sequence[Found]) -> int | None:
        """Place of the first passage that answers it, from 1; None where none does."""
        hits = (
            place for place, each in enumerate(found, 1) if any(anchor.is_in(each.passage) for anchor in self.answers)
        )
        return next(hits, None)


def same_blanks(text: str) -> str:
    return " ".join(text.split())


def questions(path: Path = QUESTIONS) -> list[Asked]:
    read = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [_asked(each, group) for group in GROUPS[1:] for each in read[group]]


def unanswerable(path: Path = QUESTIONS) -> list[str]:
    return list(yaml.safe_load(path.read_text(encoding="utf-8"))["unanswerable"])


def _asked(entry: Mapping[str, Any], group: str) -> Asked:
    return Asked(entry["question"], group, tuple(Anchor(**each) for each in entry["answers"]))


def figures(ranks: Iterable[int | None]) -> dict[str, float]:
    """hit@1, hit@3 and the mean reciprocal rank; beyond the first 20 a rank counts as none."""
    gained = list(ranks)
    n = len(gained)
    return {
        "questions": n,
        "hit_at_1": sum(each == 1 for each in gained) / n,
        "hit_at_3": sum(each is not None and each <= 3 for each in gained) / n,
        "mrr": sum(1 / each for each in gained if each is not None) / n,
    }


def judged(index: KnowledgeIndex, asked: Sequence[Asked], method: Method) -> dict[str, dict[str, float]]:
    """Figures of a method by group."""
    ranks = [(each.group, each.rank(index.search(each.question, MOST_PASSAGES, method))) for each in asked]
    return {group: figures(rank for name, rank in ranks if group in ("all", name)) for group in GROUPS}


def measured(with_embeddings: bool = True) -> dict[str, Any]:
    embedder, missing = find_embedder() if with_embeddings else (None, "left out on request")
    documents = project_docs(ROOT).documents
    started = time.perf_counter()
    index = KnowledgeIndex.build(documents, embedder=embedder, notes=[missing] if missing else [])
    built = time.perf_counter() - started
    asked = questions()
    started = time.perf_counter()
    by_method = {method: judged(index, asked, method) for method in index.methods}
    searched = (time.perf_counter() - started) / len(asked) / len(by_method)
    if index.dense is not None:
        words = KnowledgeIndex(index.version, index.passages, index.sources, index.lexical, None, None)
        by_method["hybrid_without_embeddings"] = judged(words, asked, "hybrid")  # type: ignore[index]
    first = {method: groups["all"] for method, groups in by_method.items()}
    return {
        **{
            figure: {method: each[figure] for method, each in first.items()}
            for figure in ("hit_at_1", "hit_at_3", "mrr")
        },
        "by_group": by_method,
        "questions": len(asked),
        "documents": len(documents),
        "passages": len(index.passages),
        "passages_by_source": {
            source: sum(each.source == source for each in index.passages) for source in index.sources
        },
        "vectors": index.dense.index.ntotal if index.dense is not None else 0,
        "build_seconds": built,
        "question_ms": 1000 * searched,
        "missing": missing or None,
    }


def show(found: Mapping[str, Any]) -> None:
    table = Table("method", "questions", "n", "hit@1", "hit@3", "MRR", title="the right passage among the first")
    for method, groups in found["by_group"].items():
        for group, each in groups.items():
            cells = (f"{each[figure]:.3f}" for figure in ("hit_at_1", "hit_at_3", "mrr"))
            table.add_row(method if group == "all" else "", group, f"{each['questions']}", *cells)
    console = Console()
    console.print(table)
    console.print(
        f"{found['passages']} passages of {found['documents']} documents, {found['vectors']} vectors, indexed in "
        f"{found['build_seconds']:.1f} s; a question takes {found['question_ms']:.0f} ms"
    )
    if found["missing"]:
        console.print(found["missing"])


def main(
    without_embeddings: Annotated[bool, typer.Option(help="Only methods that count words.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Ask the project's documentation."""
    found = measured(not without_embeddings)
    if as_json:
        print(json.dumps(found))
    else:
        show(found)


if __name__ == "__main__":
    typer.run(main)
