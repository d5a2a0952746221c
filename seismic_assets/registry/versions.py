"""What the registry holds: versions, their stages and their bundles."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from seismic_assets.registry.bundle import Bundle, load_bundle
from seismic_assets.registry.connection import Connection, cause, unknown
from seismic_assets.registry.errors import BundleError, RegistryError

PRODUCTION, STAGING, ARCHIVED, NONE = "production", "staging", "archived", "none"
STAGE_TAG, REJECTED_TAG, ROLLED_BACK_TAG = "stage", "rejected_because", "rolled_back"
BUNDLE = "bundle"
_PAGE = 1000

Stage = Literal["none", "staging", "production", "archived"]


@dataclass(frozen=True)
class ModelVersion:
    """A version of the registered model.

    Attributes:
        version: its number.
        stage: `production` or `staging` where that alias names it, `archived` where it was in production, or `none`.
        aliases: all its aliases, sorted.
        created: UTC.
        status: MLflow's state of it; READY where it can be used.
        run_id: MLflow run that made it.
        family: model family.
        dataset_digest: identity of the labelled windows it was trained on.
        metrics, params: of its run.
        rejected_because: why it stays in staging, or None.
        rolled_back_because: why production went back from it, or None.
        tags: all its tags.
    """

    version: str
    stage: Stage
    aliases: tuple[str, ...]
    created: datetime
    status: str
    run_id: str
    family: str
    dataset_digest: str
    metrics: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    rejected_because: str | None = None
    rolled_back_because: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


class VersionReader:
    """Reads the versions of one registered model. Nothing here writes, nor makes a store that is not there."""

    def __init__(self, connection: Connection, model_name: str) -> None:
        self.model_name = model_name
        self._connection = connection

    @property
    def uri(self) -> str:
        """MLflow's tracking URI."""
        return self._connection.uri

    def version_of(self, alias: str = PRODUCTION) -> str | None:
        """The version that an alias points to, or None.

        Raises:
            RegistryError: the registry does not answer.
        """
        return self._aliases().get(alias)

    def versions(self) -> list[ModelVersion]:
        """All versions, the oldest first.

        Raises:
            RegistryError: the registry does not answer.
        """
        if self._connection.never_written():
            return []
        with self._connection.answers():
            aliases = self._aliases()
            found = [self._described(each, aliases) for each in self._search()]
        return sorted(found, key=lambda each: int(each.version))

    def version_info(self, version: str) -> ModelVersion:
        """One version.

        Raises:
            RegistryError: there is no such version, or the registry does not answer.
        """
        with self._connection.answers():
            return self._described(self._known(version), self._aliases())

    def bundle(self, version: str) -> Bundle:
        """The serving bundle of a version.

        Raises:
            RegistryError: the version is unknown, or its artifacts cannot be fetched.
            BundleError: they are incomplete or altered.
        """
        from mlflow.exceptions import MlflowException

        run_id = self._known(version).run_id
        mlflow = self._connection.mlflow()
        with tempfile.TemporaryDirectory() as scratch:
            # From a local store the files are read where they lie, so that an error names the place to mend.
            target = None if self._connection.local else scratch
            try:
                folder = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=BUNDLE, dst_path=target)
            except (MlflowException, OSError) as error:
                raise RegistryError(
                    f"the bundle of {self.model_name} version {version} cannot be fetched ({cause(error)}); "
                    "promote another"
                ) from error
            try:
                return load_bundle(Path(folder))
            except BundleError as error:
                place = f"{mlflow.get_run(run_id).info.artifact_uri}/{BUNDLE}"
                raise BundleError(f"version {version}: {str(error).replace(str(Path(folder)), place)}") from error

    def aliased(self, alias: str = PRODUCTION) -> tuple[str, Bundle]:
        """The version that an alias points to and its bundle.

        Raises:
            RegistryError: there is none, or it cannot be fetched.
            BundleError: it is incomplete or altered.
        """
        version = self.version_of(alias)
        if version is None:
            raise RegistryError(
                f"no version of {self.model_name} is in {alias} in {self._connection.shown}; "
                "train one with `seismic run` on labelled files"
            )
        return version, self.bundle(version)

    def _known(self, version: str) -> Any:
        """MLflow's own record of a version.

        Raises:
            RegistryError: there is no such version.
        """
        from mlflow.exceptions import MlflowException

        missing = (
            f"there is no version {version} of {self.model_name} in {self._connection.shown}; "
            "`seismic model list` names the versions"
        )
        if self._connection.never_written():
            raise RegistryError(missing)
        with self._connection.answers():
            try:
                return self._connection.client().get_model_version(self.model_name, version)
            except MlflowException as error:
                if unknown(error):
                    raise RegistryError(missing) from error
                raise

    def _registered(self) -> Any | None:
        """MLflow's record of the registered model, or None where nothing was registered."""
        from mlflow.exceptions import MlflowException

        if self._connection.never_written():
            return None
        with self._connection.answers():
            try:
                return self._connection.client().get_registered_model(self.model_name)
            except MlflowException as error:
                if unknown(error):
                    return None
                raise

    def _aliases(self) -> dict[str, str]:
        registered = self._registered()
        return {} if registered is None else {alias: str(version) for alias, version in registered.aliases.items()}

    def _search(self) -> Iterator[Any]:
        client, token = self._connection.client(), None
        while True:
            page = client.search_model_versions(f"name = '{self.model_name}'", max_results=_PAGE, page_token=token)
            yield from page
            token = page.token
            if not token:
                return

    def _described(self, found: Any, aliases: Mapping[str, str]) -> ModelVersion:
        version, tags = str(found.version), dict(found.tags)
        own = tuple(sorted(alias for alias, named in aliases.items() if named == version))
        metrics, params = self._logged(found.run_id)
        return ModelVersion(
            version=version,
            stage=_stage(own, tags.get(STAGE_TAG, NONE)),
            aliases=own,
            created=datetime.fromtimestamp(found.creation_timestamp / 1000, UTC),
            status=str(found.status),
            run_id=found.run_id or "",
            family=params.get("model_type", ""),
            dataset_digest=tags.get("dataset_digest", ""),
            metrics=metrics,
            params=params,
            rejected_because=tags.get(REJECTED_TAG),
            rolled_back_because=tags.get(ROLLED_BACK_TAG),
            tags=tags,
        )

    def _logged(self, run_id: str | None) -> tuple[dict[str, float], dict[str, str]]:
        """Metrics and parameters of a run; none where it was removed for good."""
        from mlflow.exceptions import MlflowException

        if not run_id:
            return {}, {}
        try:
            data = self._connection.client().get_run(run_id).data
        except MlflowException as error:
            if unknown(error):
                return {}, {}
            raise
        return dict(data.metrics), dict(data.params)


def _stage(aliases: tuple[str, ...], tag: str) -> Stage:
    """The aliases decide: they move in one step, the tags follow."""
    if PRODUCTION in aliases:
        return "production"
    if STAGING in aliases:
        return "staging"
    return "archived" if tag in (ARCHIVED, PRODUCTION) else "none"
