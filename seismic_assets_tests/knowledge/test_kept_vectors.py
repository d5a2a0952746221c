"""Vectors kept as they are made."""

from __future__ import annotations

import numpy as np
import pytest
from structlog.testing import capture_logs

from seismic_assets.knowledge import index as index_module
from seismic_assets.knowledge import refreshed
from seismic_assets.knowledge.kept_vectors import KeptVectors
from seismic_assets_tests.knowledge.building import CountingEmbedder, documents

TWO = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.ones((1, 3), np.float32)}


def test_what_is_kept_is_known(tmp_path):
    kept = KeptVectors(tmp_path / "vectors.sqlite")
    kept.keep("one", TWO)
    found = KeptVectors(tmp_path / "vectors.sqlite").known("one", ["a", "b", "c", "a"])
    assert set(found) == {"a", "b"}
    np.testing.assert_array_equal(found["a"], TWO["a"])


def test_another_embedder_knows_nothing_of_it(tmp_path):
    kept = KeptVectors(tmp_path / "vectors.sqlite")
    kept.keep("one", TWO)
    assert kept.known("other", ["a"]) == {}


def test_more_than_a_query_takes_are_known(tmp_path):
    kept = KeptVectors(tmp_path / "vectors.sqlite")
    kept.keep("one", {f"{each}": TWO["b"] * each for each in range(1203)})
    found = kept.known("one", [f"{each}" for each in range(1203)])
    assert found["1202"][0, 0] == 1202


def test_others_are_forgotten(tmp_path):
    kept = KeptVectors(tmp_path / "vectors.sqlite")
    kept.keep("one", TWO)
    kept.keep("old", TWO)
    kept.forget_others("one", ["b"])
    assert set(kept.known("one", ["a", "b"])) == {"b"}
    assert kept.known("old", ["a", "b"]) == {}


@pytest.mark.parametrize(
    "content", [b"no database at all, and long enough to be one" * 100, b"SQLite format 3\x00" + b"x" * 4000]
)
def test_a_damaged_file_is_begun_anew(tmp_path, content):
    path = tmp_path / "vectors.sqlite"
    path.write_bytes(content)
    kept = KeptVectors(path)
    with capture_logs() as logs:
        assert kept.known("one", ["a"]) == {}
    assert "damaged" in logs[0]["event"]
    kept.keep("one", TWO)
    assert set(kept.known("one", ["a"])) == {"a"}


def test_a_place_that_is_no_file_stops_nothing(tmp_path):
    (tmp_path / "vectors.sqlite").mkdir()
    kept = KeptVectors(tmp_path / "vectors.sqlite")
    with capture_logs() as logs:
        kept.keep("one", TWO)
        assert kept.known("one", ["a"]) == {}
    assert [each["log_level"] for each in logs] == ["warning", "warning"]
    assert (tmp_path / "vectors.sqlite").is_dir()


class StopsAfterTwo(CountingEmbedder):
    """As one whose process is stopped in its third piece of work."""

    def encode(self, texts):
        if len(self.encoded) >= 2:
            raise KeyboardInterrupt
        return super().encode(texts)


def test_what_was_made_before_a_stop_is_not_made_again(tmp_path, monkeypatch):
    monkeypatch.setattr("seismic_assets.knowledge.dense._AT_ONCE", 1)
    monkeypatch.setattr(index_module, "find_embedder", lambda: (StopsAfterTwo(), ""))
    with pytest.raises(KeyboardInterrupt):
        refreshed(tmp_path, documents())
    embedder = CountingEmbedder()
    monkeypatch.setattr(index_module, "find_embedder", lambda: (embedder, ""))
    told = []
    index = refreshed(tmp_path, documents(), told=lambda made, of: told.append((made, of)))
    first = index.passages[0].text.splitlines()[-1]
    assert told[-1] == (len(index.passages), len(index.passages))
    assert told[0][0] > 1
    assert not any(first in text for text in embedder.encoded)
