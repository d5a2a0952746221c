"""Whether a text has the shape of a statement: short, one paragraph, plain."""

from __future__ import annotations

import re
import unicodedata

from seismic_assets.llm.checking.names import Masked

MOST_CHARACTERS = 400
MOST_SENTENCES = 3

_ADDRESS = re.compile(r"://|\bwww\.|\bmailto:|\b(?:javascript|data|file):(?=\S)|[\w.-]+@[\w-]+\.\w", re.IGNORECASE)
_MARKUP = re.compile(
    r"<[^>]*>|</|!?\[[^\]]*\]\s*\(|```|~~~|`|^\s*#|^\s*[-*>|]\s|\*\*|__|&\w+;|&#|\$\(|\{\{|\{%", re.MULTILINE
)
_COMMAND = re.compile(
    r"\b(sudo|curl|wget|chmod|rm\s+-|pip3?\s+install|bash|powershell|eval|exec|import\s+\w+|drop\s+table|delete\s+from|"
    r"ignore\s+(all|any|the|previous)|system\s+prompt|previous\s+instructions?)\b",
    re.IGNORECASE,
)
_PLAIN = frozenset(" ,.:;()'\"’‘“”-–—−%+=≈~!µμ°\u00a0\u2009\u202f&")
_QUOTED = re.compile(r"\"([^\"]*)\"|“([^”]*)”|‘([^’]*)’|(?<!\w)'([^']*)'(?!\w)")


def misshapen(text: str) -> str:
    """What is wrong with the shape of a text, in words; nothing where it is well."""
    if not text.strip():
        return "it is empty"
    if len(text) > MOST_CHARACTERS:
        return f"it has {len(text)} characters, more than {MOST_CHARACTERS}"
    odd = next(
        (char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp")), None
    )
    if odd is not None:
        return f"it has a character that is no text or begins a new line, U+{ord(odd):04X}"
    for pattern, what in ((_ADDRESS, "an address"), (_MARKUP, "markup or code"), (_COMMAND, "a command")):
        if found := pattern.search(text):
            return f"it has {what}: {found[0].strip()!r}"
    return ""


def oddly_written(text: Masked) -> str:
    """A character that a statement has no need of, outside names; nothing where there is none.

    Digits other than 0 to 9 are among them: superscripts, fractions, full-width and other scripts' digits.
    """
    for char in text.text:
        plain = char.isascii() and char.isalnum()
        if not (
            plain or char in _PLAIN or char in text.names or (char.isalpha() and char.lower() in "äöüßéèêáàâíóúñç")
        ):
            return f"it has the character {char!r}, which is neither a plain letter nor a plain digit"
    return "it asks a question" if "?" in text.text else ""


def strange_quotation(text: Masked, words: frozenset[str]) -> str:
    """What a text quotes that is neither a name of a cited fact nor what one is called; nothing where there is none.

    Args:
        text: with its names masked.
        words: what the cited facts are called and say, in small letters.
    """
    for match in _QUOTED.finditer(text.text):
        quoted = next(group for group in match.groups() if group is not None).strip(" .,")
        if not (quoted in text.names or quoted.lower() in words):
            return f"it quotes {quoted!r}, which no cited fact says"
    return ""
