from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from seismic_assets.knowledge import METHODS, ChunkSettings, Document, KnowledgeError, KnowledgeIndex, refreshed
from seismic_assets.knowledge import index as index_module
from seismic_assets.knowledge import store as store_module
from seismic_assets.knowledge.methods import fused
from seismic_assets_tests.knowledge.building import CountingEmbedder, by_words, documents


@pytest.fixture
def embedder(monkeypatch) -> CountingEmbedder:
    made = CountingEmbedder()
    for module in (index_module, store_module):
        monkeypatch.setattr(module, "find_embedder", lambda: (made, ""))
    return made


@pytest.fixture
def no_embedder(monkeypatch) -> None:
    for module in (index_module, store_module):
        monkeypatch.setattr(module, "find_embedder", lambda: (None, "no embeddings: not here"))


@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_the_passage(method):
    index = KnowledgeIndex.build(documents(), embedder=CountingEmbedder())
    found = index.search("in which header is the key sent?", 3, method)
    assert found[0].passage.title == "Guide > Keys"
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)


def test_what_is_first_by_all_methods_has_score_one():
    index = KnowledgeIndex.build(documents(), embedder=CountingEmbedder())
    assert index.search("header X-API-Key")[0].score == pytest.approx(1)


def test_ranks_are_fused_as_the_formula_says():
    both = fused({"tfidf": np.array([3.0, 2.0, 0.0]), "bm25": np.array([1.0, 5.0, 0.0])})
    assert both[2] == 0
    assert both[0] == both[1] == pytest.approx((1 / 21 + 1 / 22) * 21 / 2)


def test_a_question_without_a_common_word_finds_nothing_by_words():
    assert by_words().search("xyzzy plugh", method="bm25") == []


@pytest.mark.parametrize("question", ["", "  \n ", "x" * 1001])
def test_a_question_that_cannot_be_is_refused(question):
    with pytest.raises(KnowledgeError, match="the question"):
        by_words().search(question)


@pytest.mark.parametrize("k", [0, 21])
def test_a_number_of_passages_that_cannot_be_is_refused(k):
    with pytest.raises(KnowledgeError, match="1 to 20"):
        by_words().search("keys", k)


def test_a_method_that_is_not_there_is_refused_with_the_reason():
    index = replace(by_words(), notes=("no embeddings: no weights",))
    assert index.methods == ("hybrid", "tfidf", "bm25")
    with pytest.raises(KnowledgeError, match="no weights"):
        index.search("keys", method="embedding")
    with pytest.raises(KnowledgeError, match="no method"):
        index.search("keys", method="magic")  # type: ignore[arg-type]


def test_an_index_of_nothing_is_refused():
    with pytest.raises(KnowledgeError, match="no document"):
        KnowledgeIndex.build([Document("a", "A", "  \n", "page")])


def test_what_was_saved_finds_the_same_when_it_is_loaded(tmp_path, embedder):
    made = KnowledgeIndex.build(documents(), embedder=embedder)
    made.save(tmp_path)
    loaded = KnowledgeIndex.load(tmp_path)
    assert (loaded.version, loaded.passages, loaded.sources) == (made.version, made.passages, made.sources)
    for method in METHODS:
        assert loaded.search("window of samples", 4, method) == made.search("window of samples", 4, method)


def test_nothing_is_pickled(tmp_path, embedder):
    place = KnowledgeIndex.build(documents(), embedder=embedder).save(tmp_path)
    assert {path.suffix for path in place.iterdir()} == {".json", ".npz", ".faiss"}
    for path in place.glob("*.npz"):
        with np.load(path, allow_pickle=False) as arrays:
            assert all(arrays[name].dtype.kind in "fiu" for name in arrays)


def test_unchanged_documents_are_the_same_version_and_nothing_is_made(tmp_path, embedder):
    first = refreshed(tmp_path, documents())
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    embedder.encoded.clear()
    again = refreshed(tmp_path, list(reversed(documents())))
    assert again.version == first.version
    assert embedder.encoded == []
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == stamps


def test_of_a_changed_document_only_its_passages_are_embedded(tmp_path, embedder):
    first = refreshed(tmp_path, documents())
    embedder.encoded.clear()
    changed = [*documents()[1:], Document("docs/guide.md", "Guide", documents()[0].text + "\nAnother line.\n", "page")]
    second = refreshed(tmp_path, changed)
    assert second.version != first.version
    assert second.dense is not None
    assert second.dense.made == 1
    assert all("Limits" in text for text in embedder.encoded)
    afresh = KnowledgeIndex.build(changed, embedder=embedder)
    assert afresh.dense is not None
    np.testing.assert_array_equal(np.concatenate(second.dense.vectors()), np.concatenate(afresh.dense.vectors()))


@pytest.mark.parametrize("change", [{"characters": 300}, {"overlap": 20}])
def test_other_settings_are_another_version(change):
    assert KnowledgeIndex.build(documents(), ChunkSettings(**change)).version != by_words().version


def test_embeddings_that_come_later_are_another_version(tmp_path, monkeypatch, no_embedder):
    first = refreshed(tmp_path, documents())
    assert first.notes == ("no embeddings: not here",)
    assert KnowledgeIndex.load(tmp_path).notes == ("no embeddings: not here",)
    monkeypatch.setattr(index_module, "find_embedder", lambda: (CountingEmbedder(), ""))
    assert "embedding" in refreshed(tmp_path, documents()).methods


def test_an_index_whose_embedder_is_gone_says_so_and_counts_words(tmp_path, no_embedder):
    KnowledgeIndex.build(documents(), embedder=CountingEmbedder()).save(tmp_path)
    loaded = KnowledgeIndex.load(tmp_path)
    assert loaded.notes == ("no embeddings: not here",)
    assert loaded.search("header X-API-Key")[0].passage.title == "Guide > Keys"


def test_an_index_of_other_weights_says_so(tmp_path, embedder):
    KnowledgeIndex.build(documents(), embedder=embedder).save(tmp_path)
    embedder.identity = "others"  # type: ignore[misc]
    loaded = KnowledgeIndex.load(tmp_path)
    assert "other weights" in loaded.notes[0]
    assert "embedding" not in loaded.methods


def test_two_old_versions_are_kept(tmp_path):
    versions = []
    for number in range(5):
        index = KnowledgeIndex.build([Document("a", "A", f"text {number}", "page")])
        index.save(tmp_path)
        versions.append(index.version)
    kept = {path.name for path in tmp_path.iterdir() if path.is_dir()}
    assert kept == set(versions[-3:])
    assert KnowledgeIndex.load(tmp_path).version == versions[-1]


def test_no_index_is_said(tmp_path):
    with pytest.raises(KnowledgeError, match="no index of documents"):
        KnowledgeIndex.load(tmp_path)


FILES = ["manifest.json", "passages.json", "words.json", "words.npz", "characters.npz", "bm25.npz", "vectors.faiss"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("how", ["cut", "gone", "other"])
def test_a_damaged_file_is_refused_by_name_and_made_anew(tmp_path, embedder, name, how):
    path = refreshed(tmp_path, documents()).save(tmp_path) / name
    content = path.read_bytes()
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(content[:-9] if how == "cut" else bytes([content[0] ^ 1]) + content[1:])
    with pytest.raises(KnowledgeError, match=f"{name}: the index of documents is damaged"):
        KnowledgeIndex.load(tmp_path)
    refreshed(tmp_path, documents())
    assert KnowledgeIndex.load(tmp_path).search("keys")


def test_a_manifest_that_names_files_elsewhere_is_refused(tmp_path):
    path = by_words().save(tmp_path) / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"]["../../secret"] = "0" * 32
    path.write_text(json.dumps(manifest))
    with pytest.raises(KnowledgeError, match="files elsewhere"):
        KnowledgeIndex.load(tmp_path)


@pytest.mark.parametrize("pointer", ["", "../elsewhere", "f" * 32, "\x00"])
def test_a_damaged_pointer_is_refused(tmp_path, pointer):
    by_words().save(tmp_path)
    (tmp_path / "current").write_text(pointer)
    with pytest.raises(KnowledgeError, match="damaged"):
        KnowledgeIndex.load(tmp_path)
