"""Step after step; where one fails, what was promoted is taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from seismic_assets.releasing.errors import RolledBackError, StepFailedError
from seismic_assets.releasing.journal import Deploy, Done, Journal
from seismic_assets.releasing.plan import Step


def carry_out(
    steps: Sequence[Step],
    deploy: Deploy,
    journal: Journal,
    undo: Callable[[Deploy], str],
    progress: Callable[[str], None],
) -> Deploy:
    """Do the steps that were not done yet and record each.

    Args:
        steps: in order.
        deploy: as it was begun, or as far as it came before it was killed.
        journal: keeps the record.
        undo: takes back what was promoted and says what that was; raises StepFailedError.
        progress: called with the name of each step before it.

    Raises:
        RolledBackError: a step failed; says which, why, and what was taken back, or that it could not be.
    """
    for step in steps:
        if deploy.has_done(step.name):
            continue
        progress(step.name)
        deploy = journal.write(deploy.model_copy(update={"step": step.name}))
        try:
            sentence = f"left out: {step.skipped}" if step.skipped else step.act()
        except StepFailedError as error:
            return _take_back(deploy, str(error), journal, undo)
        done = (*deploy.done, Done(step=step.name, sentence=sentence))
        deploy = journal.write(deploy.model_copy(update={"step": "", "done": done}))
    return journal.end(deploy.model_copy(update={"status": "done"}))


def take_back(deploy: Deploy, journal: Journal, undo: Callable[[Deploy], str]) -> Deploy:
    """Undo a deploy that was killed.

    Raises:
        StepFailedError: it cannot be undone now; the record stays, so that it can be tried again.
    """
    undone = undo(deploy)
    return journal.end(deploy.model_copy(update={"status": "rolled back", "undone": undone}))


def _take_back(deploy: Deploy, why: str, journal: Journal, undo: Callable[[Deploy], str]) -> Deploy:
    failed = journal.write(deploy.model_copy(update={"error": why}))
    try:
        ended = take_back(failed, journal, undo)
    except StepFailedError as error:
        raise RolledBackError(
            f"the step {deploy.step} failed: {why}; it could not be rolled back either: {error}; when that is mended, "
            f"run `seismic deploy --env {deploy.target} --roll-back`"
        ) from error
    raise RolledBackError(f"the step {deploy.step} failed: {why}; {ended.undone}")
