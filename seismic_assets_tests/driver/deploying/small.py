"""A small deployment, and deploys to it."""

from dataclasses import replace
from pathlib import Path

from seismic_assets.deployment import registry_of
from seismic_assets.driver import materialise_stale, open_instance
from seismic_assets.driver.deploying import Wishes, start
from seismic_assets.releasing import Deploy
from seismic_assets.settings import Settings, load_settings

SMALL = {
    "split_block": "4",
    "split_buffer": "1",
    "min_class_windows": "5",
    "model_families": "decision_tree",
    "class_floor": "0",
}
KEY = "0123456789abcdef0123"
TO_STAGING = Wishes("staging", "a person", skip_build=True, skip_training=True)
TO_PRODUCTION = replace(TO_STAGING, target="production")


def of(folder: Path, env: str = "staging", **options: object) -> Settings:
    given = {
        "landing_dir": folder / "landing",
        "storage_root": folder / "storage",
        "split_block": 4,
        "split_buffer": 1,
        "min_class_windows": 5,
        "tuning_trials": 0,
        "model_families": ("decision_tree",),
        "class_floor": 0.0,
        "feature_store": False,
        "knowledge": False,
    }
    return load_settings(env=env, **{**given, **options})


def run(settings: Settings) -> None:
    with open_instance(settings) as instance:
        assert materialise_stale(settings, instance, lambda _: None).errors == []


def go(settings: Settings, wishes: Wishes) -> Deploy:
    return start(settings, wishes, lambda _: None)


def newest(settings: Settings) -> str:
    return registry_of(settings).versions()[-1].version


def sentences(deploy: Deploy) -> dict[str, str]:
    return {each.step: each.sentence for each in deploy.done}
