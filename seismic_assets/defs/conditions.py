"""When an asset is materialised without being asked.

`eager()` and `on_missing()` pass over what was already missing when they first look, and `eager()` on a fan-in waits
for ever on a file that never materialises; these conditions do neither.
"""

from collections.abc import Sequence
from typing import Any

import dagster as dg

_C = dg.AutomationCondition
_GUARD = "failed, and nothing changed since"
OR_STALE = "; or stale"
"""End of the label of a condition that a freshness policy triggers too."""


def _guarded(due: dg.AutomationCondition, trigger: dg.AutomationCondition, label: str) -> dg.AutomationCondition:
    """Do not repeat a failure for ever: what failed is tried again when its input changes, or by `patient`."""
    return _labelled(due & ~_labelled(_C.execution_failed() & ~trigger, _GUARD), label)


def _labelled(condition: Any, label: str) -> dg.AutomationCondition:
    # Conjunctions have with_label; the type that & is declared to return has not.
    labelled: dg.AutomationCondition = condition.with_label(label)
    return labelled


def patient(condition: dg.AutomationCondition) -> dg.AutomationCondition:
    """The same condition for a person who asks for another try: an earlier failure does not hold it back."""
    never = _C.missing() & ~_C.missing()
    return condition.replace(_GUARD, never)


# Inputs of per-file assets that are one for all files: every file is due when their content changes, not whenever they
# are materialised.
_SHARED = dg.AssetSelection.assets("label_catalogue", "processing_settings", "reading_settings", "embedder", "champion")


def _unhandled(trigger: dg.AutomationCondition) -> dg.AutomationCondition:
    """The trigger, until it is handled; a run that was reading already when it came does not handle it by ending."""
    return trigger.since_last_handled() | (trigger & _C.in_progress()).since(_C.newly_requested())


_updated = _unhandled(_C.any_deps_updated())
_changed = _unhandled(_C.any_deps_match(_C.data_version_changed()))
_idle = ~_C.in_progress() & ~_C.any_deps_in_progress()
# `will_be_requested` is true only of what can be in the same run, and files and what is one for all files cannot. So an
# input whose own input changed in this very tick is taken to be requested: wait for it.
_fresh = _C.data_version_changed() | (_C.newly_updated() & ~_C.executed_with_root_target())
_input_due = _C.any_deps_match(_C.will_be_requested()) | _C.any_deps_match(_C.any_deps_match(_fresh))

# An input that will still come: missing, but neither failed itself nor below something that failed.
_failed_above = _C.execution_failed() | _C.any_deps_match(
    _C.execution_failed() | _C.any_deps_match(_C.execution_failed() | _C.any_deps_match(_C.execution_failed()))
)
_still_coming = _C.any_deps_match(_C.missing() & ~_failed_above & ~_C.will_be_requested())

_file_updated = _C.any_deps_match(_C.newly_updated() & ~_C.executed_with_root_target() | _C.will_be_requested())
_file_due = _unhandled(_file_updated.ignore(_SHARED) | _C.any_deps_match(_C.data_version_changed()).allow(_SHARED))
_shared_input_due = _C.any_deps_match(_C.any_deps_match(_C.data_version_changed())).allow(_SHARED)
PER_FILE = _guarded(
    (_C.missing() | _file_due) & ~_C.any_deps_missing() & ~_shared_input_due & _idle,
    _file_due,
    "per file: missing, or its input was updated",
)


def fan_in(*required: str, by_content: Sequence[str] = ()) -> dg.AutomationCondition:
    """Once the files of a batch have come, or failed to; the required inputs must be there.

    Of the inputs named by `by_content` only another content counts, not that they were materialised.
    """
    updated = _updated_or_changed(by_content) if by_content else _updated
    there = ~_C.any_deps_match(_C.missing()).allow(dg.AssetSelection.assets(*required))
    due = (_C.missing() | updated) & there & ~_still_coming & ~_input_due & _idle
    return _guarded(due, updated, "fan-in: files were updated and none is still coming")


def _updated_or_changed(by_content: Sequence[str]) -> dg.AutomationCondition:
    named = dg.AssetSelection.assets(*by_content)
    changed = _C.any_deps_match(_C.data_version_changed()).allow(named)
    return _unhandled(_file_updated.ignore(named) | changed)


ON_CHANGE = _guarded(
    (_C.missing() | _changed) & ~_C.any_deps_missing() & ~_input_due & _idle,
    _changed,
    "on change: missing, or its input has another content",
)

_sound = ~_C.any_deps_match(_C.any_checks_match(_C.check_failed()))
ON_SOUND_CHANGE = _guarded(
    (_C.missing() | _changed) & _sound & ~_C.any_deps_missing() & ~_input_due & _idle,
    _changed,
    "on change, if every check of its input passed",
)


def on_change_of(*keys: str) -> dg.AutomationCondition:
    """On change of the named inputs, if every check passed; the others must have come and rest, but do not trigger."""
    named = dg.AssetSelection.assets(*keys)
    changed = _unhandled(_C.any_deps_match(_C.data_version_changed()).allow(named))
    there = ~_C.any_deps_match(_C.missing()).allow(named)
    due = (_C.missing() | changed) & there & _sound & ~_still_coming & ~_input_due & _idle
    return _guarded(due, changed, f"on change of {' or '.join(keys)}")


def in_run_of(*keys: str) -> dg.AutomationCondition:
    """In the run of the named inputs, or when their content changed; others that are missing do not hold it back."""
    named = dg.AssetSelection.assets(*keys)
    followed = _C.any_deps_match(_C.data_version_changed() | _C.will_be_requested()).allow(named).since_last_handled()
    there = ~_C.any_deps_match(_C.missing() & ~_C.will_be_requested()).allow(named)
    due = (_C.missing() | followed) & there & _idle
    return _guarded(due, followed, f"in the run of {' or '.join(keys)}")


def follow(*keys: str) -> dg.AutomationCondition:
    """In the run of the named inputs, or when their content changed."""
    named = dg.AssetSelection.assets(*keys)
    followed = _C.any_deps_match(_C.data_version_changed() | _C.will_be_requested()).allow(named).since_last_handled()
    due = (_C.missing() | followed) & ~_C.any_deps_missing() & _idle
    return _guarded(due, followed, f"follow {' or '.join(keys)}, in the same run")


def gathered(*required: str) -> dg.AutomationCondition:
    """Whenever inputs were updated and all rest; but for the required ones none need ever come."""
    there = ~_C.any_deps_match(_C.missing()).allow(dg.AssetSelection.assets(*required))
    due = (_C.missing() | _updated) & there & ~_C.any_deps_match(_C.will_be_requested()) & ~_input_due & _idle
    return _guarded(due, _updated, f"gathered: inputs were updated, {' and '.join(required)} there")


def or_stale(condition: dg.AutomationCondition) -> dg.AutomationCondition:
    """Also once its freshness policy fails, as where the schedule is off: what it says is of a time that is past."""
    failed: Any = _C.freshness_failed().newly_true()  # declared to be of assets alone, which the next step refuses
    stale = failed.since_last_handled() & ~_C.any_deps_missing() & _idle
    label = f"{condition.get_label()}{OR_STALE}"
    return _labelled(condition | _labelled(stale, "its freshness policy failed"), label)
