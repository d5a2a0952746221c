"""Whether the numbers of a text stand in the texts that it rests on."""

from __future__ import annotations

import re
from collections.abc import Collection

from seismic_assets.llm.checking.numbers import numbers_in


def foreign_numbers(said: str, texts: Collection[str]) -> list[str]:
    """Numbers of what was said that no text has; one that cannot be read as a number must stand there as it is.

    Args:
        said: in plain words.
        texts: that it rests on.

    Returns:
        The numbers as they were written, in order.
    """
    known = {(each.value, each.form) for text in texts for each in numbers_in(text) if each.form != "unread"}
    foreign = []
    for each in numbers_in(said):
        verbatim = any(re.search(rf"(?<!\w){re.escape(each.text)}(?!\w)", text) for text in texts)
        if not verbatim and (each.form == "unread" or (each.value, each.form) not in known):
            foreign.append(each.text)
    return foreign
