"""Entities, feature views and feature services of Feast, made from the specification and from nothing else."""

from __future__ import annotations

from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, FileSource, PushSource, ValueType
from feast.data_format import DeltaFormat
from feast.types import Float32, Int64, String

from seismic_assets.feature_store.spec import (
    CREATED,
    EVENT,
    FILE,
    LABELS_VIEW,
    PUSHED,
    TRACE,
    WINDOW,
    StoreSpec,
    VersionSpec,
    ViewSpec,
)
from seismic_assets.objects import Place

# Features stay true until the file changes. Not 0: Feast then takes up no file that is older than a year.
_LONG = timedelta(days=36_500)


def definitions_of(spec: StoreSpec, history: Place, labels: Place) -> list[Entity | FeatureView | FeatureService]:
    """What is registered.

    Args:
        spec: what the store holds.
        history: Delta table of the features of every window, one generation after another.
        labels: Delta table of the labels of every window, one generation after another.
    """
    about = "A trace among the traces of all files: the number of its file, then its place in the file."
    trace = _entity(TRACE, ValueType.INT64, about, spec)
    window = _entity(WINDOW, ValueType.INT64, "A window of the trace, from 0 at its start.", spec)
    file = _entity(FILE, ValueType.STRING, "A SEG-Y file, by its place in the landing folder.", spec)
    entities = [trace, window]
    source = PushSource(
        name=PUSHED,
        batch_source=_source("window_features", history, spec),
        description="Windows of traces that were just served; what a file has comes from the history.",
        owner=spec.owner,
    )
    views = [_view(view, entities, source, spec) for view in spec.views]
    told = _labels(entities, _source("window_labels", labels, spec), spec)
    services = [_service(name, version, views, spec) for name, version in spec.served_versions.items()]
    return [trace, window, file, *views, told, *services]


def _entity(name: str, kind: ValueType, about: str, spec: StoreSpec) -> Entity:
    return Entity(name=name, join_keys=[name], value_type=kind, description=about, tags={"owner": spec.owner})


def _source(name: str, path: Place, spec: StoreSpec) -> FileSource:
    return FileSource(
        name=name,
        path=str(path),
        file_format=DeltaFormat(),
        timestamp_field=EVENT,
        created_timestamp_column=CREATED,
        description="When the file was acquired, and when it was processed.",
        owner=spec.owner,
    )


def _view(view: ViewSpec, entities: list[Entity], source: PushSource, spec: StoreSpec) -> FeatureView:
    fields = [
        Field(name=each.name, dtype=Float32, description=each.formula, tags={"unit": each.unit, "source": each.source})
        for each in view.features
    ]
    return FeatureView(
        name=view.name,
        entities=entities,
        schema=fields,
        source=source,
        ttl=_LONG,
        description=view.purpose,
        owner=spec.owner,
        tags={"level": "window"},
    )


def _labels(entities: list[Entity], source: FileSource, spec: StoreSpec) -> FeatureView:
    named = ", ".join(f"{number} {name}" for number, name in enumerate(spec.classes))
    return FeatureView(
        name=LABELS_VIEW,
        entities=entities,
        schema=[
            Field(name="class", dtype=Int64, description=f"Number of the class: {named}."),
            Field(name="class_name", dtype=String, description="Name of the class."),
        ],
        source=source,
        ttl=_LONG,
        online=False,  # nobody is to be served the truth beside the prediction
        description=spec.labels_purpose,
        owner=spec.owner,
        tags={"level": "window"},
    )


def _service(name: str, version: VersionSpec, views: list[FeatureView], spec: StoreSpec) -> FeatureService:
    wanted = set(version.features)
    parts = [(view, [field.name for field in view.features if field.name in wanted]) for view in views]
    return FeatureService(
        name=f"seismic_classifier_v{name}",
        features=[view[some] for view, some in parts if some],
        description=f"What version {name} of the model sees of a window.",
        owner=spec.owner,
        tags={"model_version": name, "making": version.making},
    )
