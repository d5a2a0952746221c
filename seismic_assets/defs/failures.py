"""What went wrong in a step, as a sentence."""

from __future__ import annotations

import dagster as dg


def failure_sentence(event: dg.DagsterEvent) -> str:
    """What went wrong in a step, as its own code said it."""
    data = event.step_failure_data
    if data.user_failure_data is not None and data.user_failure_data.description:
        return str(data.user_failure_data.description)
    error = data.error
    while error is not None and error.cause is not None and (error.cls_name or "").startswith("Dagster"):
        error = error.cause
    return (
        error.message.strip().split("\n")[0].split(": ", 1)[-1] if error is not None else "failed for no stated reason"
    )
