"""Answers of before, as files: the same question to the same model with the same options is asked once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from seismic_assets.llm.client.answers import read_json
from seismic_assets.llm.client.config import ClientConfig
from seismic_assets.llm.language import Question, Reply, ToolCall
from seismic_assets.whole_files import replace_file

_log = structlog.get_logger(__name__)
_FORMAT = 1  # another one is another key, so that former files are just left to be dropped
_SHARE_KEPT = 0.9
_OPTIONS = ("model", "temperature", "seed", "most_tokens", "context_tokens")


class _Call(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    name: str
    arguments: dict[str, Any]


class _Kept(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    key: str
    model: str
    prompt: str
    version: str
    text: str
    tool_calls: list[_Call]
    prompt_tokens: int | None
    answer_tokens: int | None
    seconds: float


@dataclass(frozen=True)
class Memory:
    """A folder of answers; the ones that were not used for the longest time are dropped.

    Attributes:
        folder: is made when the first answer is kept.
        most_files: answers at most.
        most_bytes: of all of them; one answer of more than a tenth of it is not kept.
    """

    folder: Path
    most_files: int = 2_000
    most_bytes: int = 64_000_000

    def recall(self, question: Question, config: ClientConfig) -> Reply | None:
        """The answer of before; None where there is none, or the file does not hold one."""
        key = _key(question, config)
        path = self.folder / f"{key}.json"
        try:
            with path.open("rb") as file:
                content = file.read(self._most_bytes_of_one + 1)
            kept = _Kept.model_validate_json(content[: self._most_bytes_of_one])
            reply = _reply(kept, question.schema)
        except (OSError, ValidationError, ValueError):
            return None
        if kept.key != key or kept.model != config.model:
            return None
        with suppress(OSError):
            os.utime(path)
        return reply

    def keep(self, question: Question, config: ClientConfig, reply: Reply) -> None:
        """Keep an answer; where it cannot be written, it is asked for again."""
        key = _key(question, config)
        try:
            content = _content(key, question, reply)
            if len(content) > self._most_bytes_of_one:
                return
            self.folder.mkdir(parents=True, exist_ok=True)
            replace_file(self.folder / f"{key}.json", content)
            self._drop_oldest()
        except (OSError, ValueError) as error:  # or arguments of a tool that JSON cannot hold
            _log.warning("an answer of the language model is not kept", folder=str(self.folder), cause=str(error))

    @property
    def _most_bytes_of_one(self) -> int:
        return self.most_bytes // 10

    def _drop_oldest(self) -> None:
        files = []
        with os.scandir(self.folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # another process drops files too
                    if entry.is_file(follow_symlinks=False):
                        status = entry.stat(follow_symlinks=False)
                        files.append((status.st_mtime_ns, entry.path, status.st_size))
        size = sum(bytes for _, _, bytes in files)
        if len(files) <= self.most_files and size <= self.most_bytes:
            return
        count = len(files)
        for _, path, bytes in sorted(files):
            if count <= _SHARE_KEPT * self.most_files and size <= _SHARE_KEPT * self.most_bytes:
                return
            Path(path).unlink(missing_ok=True)
            count, size = count - 1, size - bytes


def _key(question: Question, config: ClientConfig) -> str:
    options = {name: value for name, value in asdict(config).items() if name in _OPTIONS}
    content = json.dumps([_FORMAT, question.digest(), options], sort_keys=True)
    return hashlib.blake2b(content.encode(), digest_size=16).hexdigest()


def _content(key: str, question: Question, reply: Reply) -> bytes:
    kept = _Kept(
        key=key,
        model=reply.model,
        prompt=question.prompt,
        version=question.version,
        text=reply.text,
        tool_calls=[_Call(name=each.name, arguments=dict(each.arguments)) for each in reply.tool_calls],
        prompt_tokens=reply.prompt_tokens,
        answer_tokens=reply.answer_tokens,
        seconds=reply.seconds,
    )
    return kept.model_dump_json().encode()


def _reply(kept: _Kept, schema: Mapping[str, Any] | None) -> Reply:
    calls = tuple(ToolCall(each.name, each.arguments) for each in kept.tool_calls)
    return Reply(
        text=kept.text,
        model=kept.model,
        data=read_json(kept.text, schema) if schema is not None and not calls else None,
        tool_calls=calls,
        prompt_tokens=kept.prompt_tokens,
        answer_tokens=kept.answer_tokens,
        seconds=kept.seconds,
        remembered=True,
    )
