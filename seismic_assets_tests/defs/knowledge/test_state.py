"""What the reports in words follow from: settings, documentation, and whether the index is still there."""

from __future__ import annotations

import dagster as dg
import pytest

from seismic_assets.defs.knowledge.state import knowledge_version
from seismic_assets.knowledge import Document, KnowledgeIndex
from seismic_assets.settings import Settings

INDEX = KnowledgeIndex.build([Document("a.md", "A", "The word is basalt.", "page")])


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(storage_root=tmp_path / "storage", landing_dir=tmp_path / "landing")


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def made(instance: dg.DagsterInstance) -> None:
    instance.report_runless_asset_event(dg.AssetMaterialization("knowledge_index"))


def test_before_an_index_was_made_none_is_missed(settings, instance):
    assert knowledge_version(instance, settings).endswith("-sound")


def test_a_lost_index_is_noticed(settings, instance):
    place = INDEX.save(settings.knowledge_index_dir)
    made(instance)
    sound = knowledge_version(instance, settings)
    (place / "bm25.npz").write_bytes(b"\x00" * 9)
    assert "unusable since" in knowledge_version(instance, settings)
    (settings.knowledge_index_dir / "current").unlink()
    assert "missing since" in knowledge_version(instance, settings)
    INDEX.save(settings.knowledge_index_dir)
    assert knowledge_version(instance, settings) == sound


def test_lost_again_it_is_noticed_again(settings, instance):
    made(instance)
    first = knowledge_version(instance, settings)
    made(instance)
    assert knowledge_version(instance, settings) != first


def test_another_language_model_is_another_version_only_where_one_is_asked(settings, instance):
    def version(**changed: object) -> str:
        return knowledge_version(instance, settings.model_copy(update=changed))

    assert version(llm_model="a:1b") == version(llm_model="b:1b")
    assert version(llm=True, llm_model="a:1b") != version(llm=True, llm_model="b:1b")
