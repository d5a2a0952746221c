from pathlib import Path

import pytest

from seismic_assets.releasing import (
    Aliases,
    Deploy,
    DeployRefusedError,
    Journal,
    RolledBackError,
    Step,
    StepFailedError,
    carry_out,
)

BEFORE = Aliases(staging="2", production="1")


class Stage:
    """Steps that note what they did, a registry that is a word, and the record."""

    def __init__(self, folder: Path) -> None:
        self.acted: list[str] = []
        self.undone: list[Deploy] = []
        self.journal = Journal(folder / "deploys")

    def step(self, name: str, error: Exception | None = None, skipped: str = "") -> Step:
        def act() -> str:
            if error is not None:
                raise error
            self.acted.append(name)
            return f"{name} was done"

        return Step(name, f"do {name}", act, skipped)

    def undo(self, deploy: Deploy) -> str:
        self.undone.append(deploy)
        return "version 1 is in production again"

    def begin(self) -> Deploy:
        return self.journal.begin("production", "abc", "a person", BEFORE)

    def run(self, *steps: Step, deploy: Deploy | None = None) -> Deploy:
        return carry_out(steps, deploy or self.begin(), self.journal, self.undo, lambda _: None)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_steps_are_done_in_order_and_recorded(stage: Stage) -> None:
    done = stage.run(stage.step("a"), stage.step("b"))

    assert stage.acted == ["a", "b"]
    assert [(each.step, each.sentence) for each in done.done] == [("a", "a was done"), ("b", "b was done")]
    assert done.status == "done"
    assert stage.journal.unfinished() is None
    assert stage.journal.earlier() == [done]


def test_a_step_that_is_left_out_is_recorded_with_the_reason(stage: Stage) -> None:
    done = stage.run(stage.step("a", skipped="no engine"))

    assert stage.acted == []
    assert done.done[0].sentence == "left out: no engine"


def test_a_step_that_fails_ends_the_deploy_and_what_was_promoted_is_taken_back(stage: Stage) -> None:
    with pytest.raises(RolledBackError, match="the step b failed: no disk; version 1 is in production again"):
        stage.run(stage.step("a"), stage.step("b", StepFailedError("no disk")), stage.step("c"))

    (ended,) = stage.journal.earlier()
    assert stage.acted == ["a"]
    assert [deploy.before for deploy in stage.undone] == [BEFORE]
    assert (ended.status, ended.error, ended.step) == ("rolled back", "no disk", "b")


def test_what_cannot_be_taken_back_stays_on_record_so_that_it_can_be_tried_again(stage: Stage) -> None:
    def undo(_: Deploy) -> str:
        raise StepFailedError("the registry is away")

    with pytest.raises(RolledBackError, match=r"the registry is away; when that is mended, run .*--roll-back"):
        carry_out([stage.step("a", StepFailedError("no"))], stage.begin(), stage.journal, undo, lambda _: None)

    unfinished = stage.journal.unfinished()
    assert unfinished is not None and unfinished.step == "a"


def test_a_deploy_that_was_killed_in_a_step_goes_on_with_that_step(stage: Stage) -> None:
    with pytest.raises(KeyboardInterrupt):
        stage.run(stage.step("a"), stage.step("b", KeyboardInterrupt()))
    killed = stage.journal.unfinished()
    assert killed is not None and killed.step == "b" and killed.has_done("a")

    done = stage.run(stage.step("a"), stage.step("b"), stage.step("c"), deploy=killed)

    assert stage.acted == ["a", "b", "c"]
    assert done.id == killed.id and done.before == BEFORE


def test_a_damaged_record_is_refused_with_what_to_do(stage: Stage) -> None:
    stage.begin()
    (stage.journal.folder / "current.json").write_text("{")

    with pytest.raises(DeployRefusedError, match="is damaged; see with `seismic model history`"):
        stage.journal.unfinished()


def test_without_a_record_nothing_is_unfinished_and_no_folder_is_made(stage: Stage) -> None:
    assert stage.journal.unfinished() is None
    assert stage.journal.earlier() == []
    assert not stage.journal.folder.exists()
