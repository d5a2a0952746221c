"""What features are made with: two sets of the same names are comparable only where this is the same."""

from __future__ import annotations

import hashlib
import json


def making_of(embedder_digest: str, window_samples: int, window_step: int, normalise: str) -> str:
    """Digest of all that the features of a window depend on beside the trace.

    Args:
        embedder_digest: of the embedder.
        window_samples: samples of a window.
        window_step: samples from window to window.
        normalise: `none` or `robust`.
    """
    content = json.dumps([embedder_digest, window_samples, window_step, normalise])
    return hashlib.blake2b(content.encode(), digest_size=16).hexdigest()
