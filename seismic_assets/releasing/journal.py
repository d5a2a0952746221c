"""The record of a deploy, written before and after each step, so that one that was killed can be told and undone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, ValidationError

from seismic_assets.releasing.errors import DeployRefusedError
from seismic_assets.whole_files import replace_file

Target = Literal["staging", "production"]
Status = Literal["running", "done", "rolled back", "failed"]
_CURRENT = "current.json"


class Aliases(BaseModel):
    """Which versions the aliases named; None where there was none."""

    model_config = ConfigDict(frozen=True)

    staging: str | None = None
    production: str | None = None


class Done(BaseModel):
    """A step that was done, or left out, and the sentence that says what came of it."""

    model_config = ConfigDict(frozen=True)

    step: str
    sentence: str


class Deploy(BaseModel):
    """One deploy.

    Attributes:
        id: of the deploy; sorts by its start.
        target: where to.
        code: which code.
        by: who asked for it.
        started: UTC.
        before: the aliases when it began, which a rollback goes back to.
        done: the steps that were done, in order.
        step: the step at work; empty between two.
        status: `running` also of one that was killed.
        error: why it failed.
        undone: what was taken back.
    """

    id: str
    target: Target
    code: str
    by: str
    started: datetime
    before: Aliases = Aliases()
    done: tuple[Done, ...] = ()
    step: str = ""
    status: Status = "running"
    error: str = ""
    undone: str = ""

    def has_done(self, step: str) -> bool:
        """Whether a step was done."""
        return any(each.step == step for each in self.done)


class Journal:
    """The record of the present deploy in a folder, and those of earlier ones beside it."""

    def __init__(self, folder: Path) -> None:
        """Prepare; the folder is made with the first record."""
        self.folder = folder
        self._path = folder / _CURRENT

    def unfinished(self) -> Deploy | None:
        """The deploy that has begun and has not ended; None where there is none.

        Raises:
            DeployRefusedError: its record is damaged.
        """
        try:
            return Deploy.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            raise DeployRefusedError(
                f"the record {self._path} is damaged; see with `seismic model history` what is in production, put it "
                "right with `seismic model promote`, then delete the record"
            ) from error

    def begin(self, target: Target, code: str, by: str, before: Aliases) -> Deploy:
        """Record that a deploy begins."""
        now = datetime.now(UTC)
        deploy = Deploy(
            id=f"{now:%Y%m%dT%H%M%S}-{uuid4().hex[:8]}", target=target, code=code, by=by, started=now, before=before
        )
        return self.write(deploy)

    def write(self, deploy: Deploy) -> Deploy:
        """Record how far a deploy is."""
        self.folder.mkdir(parents=True, exist_ok=True)
        replace_file(self._path, deploy.model_dump_json(indent=2))
        return deploy

    def end(self, deploy: Deploy) -> Deploy:
        """Record how a deploy ended; it is no longer the present one."""
        self.write(deploy)
        self._path.replace(self.folder / f"{deploy.id}.json")
        return deploy

    def earlier(self) -> list[Deploy]:
        """Deploys that ended, the first first."""
        paths = sorted(path for path in self.folder.glob("*.json") if path.name != _CURRENT)
        return [Deploy.model_validate_json(path.read_bytes()) for path in paths]
