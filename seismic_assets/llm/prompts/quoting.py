"""Text that others wrote, made inert: whatever it says, it stays within its fence and is no secret."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_OPEN, _CLOSE = "<<<data", "data>>>"
_FENCED = re.compile(rf"{_OPEN} (?P<id>[0-9a-f]{{16}})\n(?P<text>.*?)\n(?P=id) {_CLOSE}", re.DOTALL)
_KEPT = frozenset("\n\t")
# What formats of chats, prompts and templates take for the end of a text or the turn of another speaker.
_TURNS = re.compile(
    r"<[|｜][^<>\n]{0,40}[|｜]>|<\|\w{0,40}|\[/?\s*(?:INST|SYS|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\s*\]|<</?SYS>>|"
    r"</?\s*(?:s|bos|eos|system|user|assistant|human|tool|think|start_of_turn|end_of_turn|im_start|im_end|"
    r"begin_of_text|end_of_text)\s*/?>",
    re.IGNORECASE,
)
_ROLE = re.compile(r"(?i)\b(system|assistant|user|human|developer|tool)[ \t*]{0,8}:")
_RUNS = re.compile(r"[<>|]{2,}|[{}%]{2,}|`{2,}|~{3,}|\"{3,}|'{3,}|-{4,}|={4,}|#{3,}")
_SECRET = "[masked]"
_NAMED = re.compile(
    r"(?i)((?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|"
    r"authorization)[\w-]{0,80}[\"']?\s{0,4}(?:=|:|\bis\b)\s{0,4})"
    r"(?:(?:bearer|basic)\s{1,4})?(\"[^\"\n]+\"|'[^'\n]+'|[^\s,;&\"'}]+)"
)
_KEYED = re.compile(r"(?i)(\bkey\s{0,4}=\s{0,4})(\"[^\"\n]+\"|'[^'\n]+'|[^\s,;&]+)")
_BARE = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\b(?:sk|pk|rk)[_-][\w-]{12,}|\bgh[pousr]_\w{16,}|\bgithub_pat_\w{16,}|"
    r"\bglpat-[\w-]{12,}|\bhf_\w{16,}|\bxox[abprs]-[\w-]{10,}|\bAIza[\w-]{30,}|\beyJ[\w-]{8,2000}\.[\w-]{8,4000}\.[\w-]*"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s{1,4}[\w.~+/=-]{8,}")
_IN_URL = re.compile(r"(://)[^\s/@:]{0,200}:[^\s/@]{1,2000}@")
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)


def quoted(text: str, most: int = 2000) -> str:
    """A text between fences that it cannot close, as data for a model to read.

    The fence carries a digest of the text: the text cannot have its own, and the same text is quoted the same way each
    time, so that a remembered answer is found again. Control characters, direction marks and characters without width
    are dropped; marks of turns and fences are broken; secrets are masked.

    Args:
        text: from a file, a table, a document or a person.
        most: characters to keep; where more are there, the end says how many were left out.
    """
    read = text[: 4 * most + 1000]  # no more of it can be shown, whatever is dropped of its beginning
    inert = _inert(redacted(_plain(read)))
    left = max(len(inert) - most, 0) + len(text) - len(read)
    if left:
        inert = f"{inert[:most]}\n(cut: {left:,} more characters)"
    digest = hashlib.blake2b(inert.encode(), digest_size=8).hexdigest()
    return f"{_OPEN} {digest}\n{inert}\n{digest} {_CLOSE}"


def ensure_quoted(text: str, most: int) -> str:
    """The text as it is where it is nothing but quotations and their numbers in brackets; otherwise quoted."""
    rest = _FENCED.sub(lambda match: "" if _is_own(match) else match[0], text)
    return text if text != rest and re.fullmatch(r"[\s\[\]\d]*", rest) else quoted(text, most)


def one_line(text: str, most: int = 160) -> str:
    """A name or value on one line, with what breaks out of a line or column taken from it."""
    line = " ".join(_inert(redacted(_plain(text))).replace("|", "/").split())
    return line if len(line) <= most else f"{line[:most]} (cut)"


def redacted(text: str) -> str:
    """A text with what looks like a secret masked: passwords in addresses, keys, tokens, private keys."""
    text = _PEM.sub(_SECRET, text)
    text = _IN_URL.sub(rf"\1{_SECRET}@", text)
    text = _BEARER.sub(rf"\1 {_SECRET}", text)
    text = _NAMED.sub(rf"\1{_SECRET}", text)
    text = _KEYED.sub(rf"\1{_SECRET}", text)
    return _BARE.sub(_SECRET, text)


def _plain(text: str) -> str:
    """Without control characters, direction marks, characters without width, and halves of characters."""
    lines = re.sub(r"\r\n?|[\x85\u2028\u2029\x0b\x0c]", "\n", text)
    kept = (char for char in lines if char in _KEPT or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    # Full-width brackets and the like become the plain ones, so that they are broken below.
    return "".join(unicodedata.normalize("NFKC", char) if char in "＜＞｜［］｛｝" else char for char in kept)


def _inert(text: str) -> str:
    """With the marks of turns and fences broken, so that no reader takes them for its own."""
    broken = _TURNS.sub(lambda match: f"({re.sub(r'[^A-Za-z_ ]', '', match[0]).strip()})", text)
    broken = _ROLE.sub(r"\1 -", broken)
    return _RUNS.sub(lambda match: " ".join(match[0]), broken)


def _is_own(match: re.Match[str]) -> bool:
    return hashlib.blake2b(match["text"].encode(), digest_size=8).hexdigest() == match["id"]
