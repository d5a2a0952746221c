"""Which language model is asked, where, and within which bounds."""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass
from urllib.parse import urlsplit

from seismic_assets.llm.address import check_address


@dataclass(frozen=True)
class ClientConfig:
    """Where a model runs and what a call may take.

    Attributes:
        host: address of the Ollama server, `http://host:port`.
        model: its name and tag, such as `llama3.1:8b`.
        timeout_s: seconds for a call, from the question to the last word: queueing and further tries included.
        attempts: how often a call asks at most, where asking again may help.
        concurrent: calls of this process to the server at a time.
        temperature: 0 for the likeliest words.
        seed: of the choice of words; the same question then has the same answer.
        most_tokens: that an answer may have.
        context_tokens: that question and answer may have together.
        first_wait_s: before the second try; each further wait is twice as long.

    Raises:
        ValueError: a sentence on what is not allowed.
    """

    host: str = "http://127.0.0.1:11434"
    model: str = "llama3.1:8b"
    timeout_s: float = 120.0
    attempts: int = 3
    concurrent: int = 1
    temperature: float = 0.0
    seed: int = 42
    most_tokens: int = 1024
    context_tokens: int = 8192
    first_wait_s: float = 0.5

    def __post_init__(self) -> None:
        check_address(self.host)
        if not self.model.strip() or not self.model.isprintable() or len(self.model) > 200:
            raise ValueError(f"{self.model!r} is no name of a model; give one as `ollama list` shows it")
        for name in ("timeout_s", "temperature", "first_wait_s"):
            value = getattr(self, name)
            if not math.isfinite(value) or value < 0 or (name == "timeout_s" and value == 0):
                raise ValueError(f"{name}={value} of the language model is not allowed; give a positive number")
        for name in ("attempts", "concurrent", "most_tokens", "context_tokens"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)} of the language model is not allowed; give 1 or more")

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine, by its address."""
        name = urlsplit(self.host).hostname or ""
        try:
            return ipaddress.ip_address(name).is_loopback
        except ValueError:
            return name == "localhost"
