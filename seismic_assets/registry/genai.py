"""Calls of language models as MLflow traces, and prompts in MLflow's prompt registry."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import structlog

from seismic_assets.llm.errors import LanguageModelError, UnavailableError
from seismic_assets.llm.language import Question, Reply
from seismic_assets.llm.prompts import redacted
from seismic_assets.objects import Place
from seismic_assets.registry.connection import Connection, experiment_id, without_password
from seismic_assets.registry.errors import RegistryError

EXPERIMENT = "seismic_language"
PROMPT_PREFIX = "seismic-"
_DIGEST, _VERSION = "seismic.digest", "seismic.version"
_LONGEST = 20_000  # characters of a message or an answer in a trace
_TRACING = "mlflow.tracing"
# Several threads that write to one SQLite file wait for each other until some give up.
_ONE_WRITER = {"MLFLOW_ASYNC_TRACE_LOGGING_MAX_WORKERS": "1"}
_log = structlog.get_logger()


class CallTracer:
    """Writes each call of a language model as a trace; an observer of calls.

    MLflow writes traces in the background: `close` (or the end of a `with` block) waits until all are written. What
    goes wrong is logged once and never disturbs a call; where the store cannot be opened, nothing more is tried.

    Args:
        uri: of the deployment's MLflow.
        artifacts: folder of the experiment's artifacts, in a local store.
        model: name of the model for calls that nothing came of.
        experiment: that holds the traces.
    """

    def __init__(self, uri: str, artifacts: Place, model: str = "", experiment: str = EXPERIMENT) -> None:
        self._connection = Connection(uri)
        self._artifacts = artifacts
        self._model = model
        self._experiment = experiment
        self._opening = threading.Lock()
        self._id: str | None = None
        self._off = False
        self._told = False
        self._listener = _Listener(self._failed)

    def observed(
        self, question: Question, reply: Reply | None, error: LanguageModelError | None, seconds: float
    ) -> None:
        """Write a call as a trace.

        Args:
            question: that was asked.
            reply: or None where there is none.
            error: why there is none, or None.
            seconds: that the call took.
        """
        if self._off:
            return
        try:
            self._write(question, reply, error, seconds)
        except (RegistryError, OSError, ValueError, TypeError, RuntimeError) as failure:
            self._off = True
            self._failed(str(failure))

    def flush(self) -> None:
        """Wait until all traces of this process are written."""
        if self._id is None:
            return
        import mlflow

        mlflow.flush_trace_async_logging()

    def close(self) -> None:
        """Wait until all traces are written, and listen to MLflow no more. The tracer can be used again afterwards."""
        self.flush()
        logging.getLogger(_TRACING).removeHandler(self._listener)
        self._id = None

    def __enter__(self) -> CallTracer:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def _write(self, question: Question, reply: Reply | None, error: LanguageModelError | None, seconds: float) -> None:
        experiment = self._open()
        mlflow = self._connection.mlflow()
        with self._connection.answers():
            ended = time.time_ns()
            span = mlflow.start_span_no_context(
                name=f"{question.prompt}/{question.version}",
                span_type="CHAT_MODEL",
                inputs=_asked(question),
                attributes=_attributes(question, reply, error, seconds, self._model),
                tags=_tags(question, reply, error, self._model),
                experiment_id=experiment,
                start_time_ns=ended - int(max(seconds, 0.0) * 1e9),
            )
            span.end(outputs=_answered(reply, error), status="OK" if error is None else "ERROR", end_time_ns=ended)

    def _open(self) -> str:
        """The id of the experiment; asked for once."""
        with self._opening:
            if self._id is None:
                for name, value in _ONE_WRITER.items():
                    os.environ.setdefault(name, value)
                self._connection.mlflow()
                self._id = experiment_id(self._connection, self._experiment, self._artifacts)
                logging.getLogger(_TRACING).addHandler(self._listener)
            return self._id

    def _failed(self, reason: str) -> None:
        if not self._told:
            self._told = True
            _log.warning("calls of the language model cannot be traced", reason=without_password(reason)[:500])


class _Listener(logging.Handler):
    """Hears of traces that MLflow could not write: it raises nothing, it only logs."""

    def __init__(self, heard: Any) -> None:
        super().__init__(logging.WARNING)
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        self._heard(record.getMessage())


def _kept(text: str) -> str:
    """A text as a trace may hold it: without passwords, keys and tokens, and cut where it is very long."""
    text = redacted(text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"


def _asked(question: Question) -> dict[str, Any]:
    messages = [{"role": each.role, "content": _kept(each.content)} for each in question.messages]
    return {"messages": messages, **({"tools": len(question.tools)} if question.tools else {})}


def _answered(reply: Reply | None, error: LanguageModelError | None) -> dict[str, Any]:
    if reply is None:
        return {"error": _kept(str(error))}
    calls = [
        {"name": call.name, "arguments": _kept(json.dumps(dict(call.arguments), default=str))}
        for call in reply.tool_calls
    ]
    message = {"role": "assistant", "content": _kept(reply.text)}
    return {**message, **({"tool_calls": calls} if calls else {})}


def _outcome(reply: Reply | None, error: LanguageModelError | None) -> str:
    if reply is not None:
        return "remembered" if reply.remembered else "answered"
    return "unavailable" if isinstance(error, UnavailableError) else "unusable"


def _tags(question: Question, reply: Reply | None, error: LanguageModelError | None, model: str) -> dict[str, str]:
    """What traces can be searched by."""
    return {
        "prompt_name": question.prompt,  # `prompt` is MLflow's own
        "prompt_version": question.version,
        "question": question.digest(),
        "model": reply.model if reply is not None else model,
        "outcome": _outcome(reply, error),
        "remembered": str(reply is not None and reply.remembered).lower(),
    }


def _attributes(
    question: Question, reply: Reply | None, error: LanguageModelError | None, seconds: float, model: str
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "prompt.name": question.prompt,
        "prompt.version": question.version,
        "mlflow.llm.model": reply.model if reply is not None else model,
        "outcome": _outcome(reply, error),
        "seconds": seconds,
        "remembered": reply is not None and reply.remembered,
    }
    if reply is None:
        return found
    tokens = (reply.prompt_tokens, reply.answer_tokens)
    found |= {"tokens.prompt": tokens[0], "tokens.answer": tokens[1]}
    # What was remembered cost nothing this time: MLflow adds this up.
    if not reply.remembered and tokens[0] is not None and tokens[1] is not None:
        usage = {"input_tokens": tokens[0], "output_tokens": tokens[1], "total_tokens": tokens[0] + tokens[1]}
        found["mlflow.chat.tokenUsage"] = usage
    return found


class PromptText(Protocol):
    """What the registry needs of a prompt's file."""

    @property
    def name(self) -> str:
        """Of the file."""
        ...

    @property
    def version(self) -> str | int:
        """Of the file."""
        ...

    @property
    def purpose(self) -> str:
        """What it is for."""
        ...

    @property
    def system(self) -> str:
        """Template of the first message."""
        ...

    @property
    def user(self) -> str:
        """Template of the second message."""
        ...


def register_prompts(uri: str, prompts: Iterable[PromptText]) -> Mapping[str, int]:
    """Register prompts in MLflow's prompt registry as `seismic-<name>`; the same content is there once.

    The version of the file is a tag of MLflow's version, which counts by itself.

    Args:
        uri: of the deployment's MLflow.
        prompts: the files.

    Returns:
        MLflow's version by name of the file.

    Raises:
        RegistryError: the registry does not answer.
    """
    connection = Connection(uri)
    mlflow = connection.mlflow()
    with connection.answers():
        return {prompt.name: _registered(mlflow, connection.client(), prompt) for prompt in prompts}


def _registered(mlflow: Any, client: Any, prompt: PromptText) -> int:
    name, digest = f"{PROMPT_PREFIX}{prompt.name}", _digest(prompt)
    known = client.search_model_versions(f"name = '{name}' and tags.`mlflow.prompt.is_prompt` = 'true'")
    same = [int(each.version) for each in known if each.tags.get(_DIGEST) == digest]
    if same:
        return max(same)
    made = mlflow.genai.register_prompt(
        name=name,
        template=[{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}],
        commit_message=prompt.purpose,
        tags={_VERSION: str(prompt.version), _DIGEST: digest},
    )
    return int(made.version)


def _digest(prompt: PromptText) -> str:
    content = json.dumps([str(prompt.version), prompt.system, prompt.user], ensure_ascii=False)
    return hashlib.blake2b(content.encode(), digest_size=16).hexdigest()
