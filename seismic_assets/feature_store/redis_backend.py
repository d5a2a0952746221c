"""The online store in Redis, as Feast lays it out; two hashes beside it say what is there and how it was made."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.feature_store.backends import SERVED, FoundWindows, OnlineFile, WindowBlock
from seismic_assets.feature_store.errors import FeatureStoreError
from seismic_assets.feature_store.keys import file_number, trace_ids
from seismic_assets.feature_store.redis_layout import (
    fields_of,
    packed_moment,
    packed_row,
    packed_rows,
    unpacked_rows,
    window_key,
)
from seismic_assets.feature_store.repository import PASSWORD_VARIABLE, StorePlace
from seismic_assets.feature_store.spec import PROJECT, ViewSpec

_FILES, _VIEWS = f"{PROJECT}:files", f"{PROJECT}:views"
_UNFINISHED = f"{PROJECT}:unfinished"
"""Files whose windows are being removed or written: killed, they are removed by the next round."""
_AT_ONCE = 2_000  # windows of one pipeline
_REMOVED_AT_ONCE = 10_000
_CONNECT_SECONDS, _ANSWER_SECONDS = 2.0, 5.0
_ABANDONED = timedelta(hours=1)


class RedisBackend:
    """An `OnlineBackend` over Redis, safe to share between threads.

    A file that is being replaced is not online until it is whole.
    """

    def __init__(self, place: StorePlace) -> None:
        self._place = place

    def files(self) -> dict[str, OnlineFile]:
        """What is online, by file id."""
        return self._noted(_FILES)

    def file_of(self, number: int) -> OnlineFile | None:
        """The file with a number, or None."""
        with self._reached() as client:
            content = client.hget(_FILES, str(number))
        return None if content is None else _file(content)

    def replace(self, file: OnlineFile, blocks: Iterable[WindowBlock]) -> None:
        """Put the windows of a file in the place of those that it has."""
        self.remove(file.file_id)
        with self._reached() as client:
            client.hset(_UNFINISHED, str(file.number), _note(file))
            self._remove_windows(client, file)  # those that Feast's own command line wrote
            fields = {view: fields_of(view, tuple(names)) for view, names in self.views().items()}
            event = packed_moment(file.event)
            for block in blocks:
                _check_views(block, fields)
                self._write(client, block, fields, event)
            with client.pipeline(transaction=True) as pipeline:
                pipeline.hset(_FILES, str(file.number), _note(file))
                pipeline.hdel(_UNFINISHED, str(file.number))
                pipeline.execute()

    def remove(self, file_id: str) -> None:
        """Take a file away: first from what is said to be there, then its windows."""
        number = str(file_number(file_id))
        with self._reached() as client:
            for noted in (_FILES, _UNFINISHED):
                content = client.hget(noted, number)
                if content is None:
                    continue
                with client.pipeline(transaction=True) as pipeline:
                    pipeline.hset(_UNFINISHED, number, content)
                    pipeline.hdel(_FILES, number)
                    pipeline.execute()
                self._remove_windows(client, _file(content))
                client.hdel(_UNFINISHED, number)

    def begin(self, views: Sequence[ViewSpec]) -> None:
        """Make room for views; where they are others than before, nothing is online any more."""
        wanted, known = {view.name: view.names for view in views}, self.views()
        abandoned = [name for name, file in self._noted(_UNFINISHED).items() if _is_abandoned(file)]
        for file_id in [*abandoned, *(self.files() if known != wanted else ())]:
            self.remove(file_id)
        with self._reached() as client:
            client.set(_VIEWS, json.dumps(wanted))

    def views(self) -> dict[str, list[str]]:
        """Names of the features of the views that are online, by view name."""
        with self._reached() as client:
            content = client.get(_VIEWS)
        return {} if content is None else dict(json.loads(content))

    def windows(self, trace_id: int, file: OnlineFile, view: ViewSpec) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Numbers (k,) and features (k, f) of the windows of a trace that are of the file's own event."""
        found = self.windows_of([trace_id], file, view)
        return found.window_index, found.features

    def windows_of(self, trace_ids: Sequence[int], file: OnlineFile, view: ViewSpec) -> FoundWindows:
        """The same of many traces of a file, so many windows at once as a pipeline has."""
        event = packed_moment(file.event)
        asked = [(place, number) for place in range(len(trace_ids)) for number in range(file.windows)]
        there, rows = [], []
        for start in range(0, len(asked), _AT_ONCE):
            part = asked[start : start + _AT_ONCE]
            answers = self._answers([window_key(trace_ids[place], number) for place, number in part], view)
            for window, (moment, *values) in zip(part, answers, strict=True):
                # Feast's own command line may have written rows of a later event: made with something else.
                row = packed_row(values) if moment == event else None
                if row is not None:
                    there.append(window)
                    rows.append(row)
        places, numbers = np.array(there, np.int64).reshape(-1, 2).T
        counts = np.bincount(places, minlength=len(trace_ids)).astype(np.int64)
        return FoundWindows(counts, numbers, unpacked_rows(rows, len(view.features)))

    def close(self) -> None:
        """Let go of connections."""
        if "_client" in self.__dict__:
            self._client.close()

    @cached_property
    def _client(self) -> Any:
        return _connected(str(self._place.redis), self._place.redis_password)

    @contextmanager
    def _reached(self) -> Iterator[Any]:
        try:
            from redis.exceptions import AuthenticationError, AuthorizationError, RedisError
        except ModuleNotFoundError as error:
            raise FeatureStoreError(
                "online features in Redis need a package: pip install 'seismic-assets[redis]'"
            ) from error
        try:
            yield self._client
        except (AuthenticationError, AuthorizationError) as error:
            raise FeatureStoreError(
                f"Redis at {self._place.redis} lets nobody in ({error}); correct {PASSWORD_VARIABLE}"
            ) from error
        except RedisError as error:
            raise FeatureStoreError(
                f"the online features in Redis at {self._place.redis} cannot be used ({error}); start it, or correct "
                "SEISMIC_ONLINE_REDIS"
            ) from error

    def _answers(self, keys: Sequence[bytes], view: ViewSpec) -> list[list[bytes | None]]:
        fields = fields_of(view.name, tuple(view.names))
        with self._reached() as client, client.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.hmget(key, fields)
            answers: list[list[bytes | None]] = pipeline.execute()
        return answers

    def _noted(self, where: str) -> dict[str, OnlineFile]:
        with self._reached() as client:
            found = [_file(content) for content in client.hgetall(where).values()]
        return {file.file_id: file for file in sorted(found, key=lambda file: file.file_id)}

    @staticmethod
    def _write(client: Any, block: WindowBlock, fields: Mapping[str, tuple[bytes, ...]], event: bytes) -> None:
        names = [fields[view] for view in block.features]
        for start in range(0, len(block.trace_ids), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            keys = map(window_key, block.trace_ids[part].tolist(), block.window_index[part].tolist())
            rows = zip(*(packed_rows(values[part]) for values in block.features.values()), strict=True)
            with client.pipeline(transaction=False) as pipeline:
                for key, row in zip(keys, rows, strict=True):
                    pipeline.execute_command("HSET", key, *_pairs(names, row, event))
                pipeline.execute()

    @staticmethod
    def _remove_windows(client: Any, file: OnlineFile) -> None:
        traces_at_once = max(1, _REMOVED_AT_ONCE // max(1, file.windows))
        for start in range(0, file.traces, traces_at_once):
            places = np.arange(start, min(start + traces_at_once, file.traces))
            ids = trace_ids(file.file_id, places).tolist()
            keys = [window_key(trace_id, window) for trace_id in ids for window in range(file.windows)]
            if keys:
                client.unlink(*keys)


def _connected(address: str, password: str | None) -> Any:
    """A client that asks a second time only where a connection was closed, so that an error comes soon."""
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.exceptions import ConnectionError as Closed
    from redis.retry import Retry

    server, *options = address.split(",")
    host, _, port = server.rpartition(":")
    chosen = dict(option.split("=", 1) for option in options)
    return Redis(
        host,
        int(port),
        db=int(chosen.get("db", "0")),
        ssl=chosen.get("ssl") == "true",
        password=password,
        socket_connect_timeout=_CONNECT_SECONDS,
        socket_timeout=_ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 1, supported_errors=(Closed,)),
    )


def _check_views(block: WindowBlock, fields: Mapping[str, tuple[bytes, ...]]) -> None:
    given = {view: values.shape[1] for view, values in block.features.items()}
    if given != {view: len(fields.get(view, ())) - 1 for view in given}:
        raise FeatureStoreError(
            "Redis holds other features than those that are to be put there; materialise online_features"
        )


def _pairs(names: Sequence[tuple[bytes, ...]], row: Sequence[Sequence[bytes]], event: bytes) -> list[bytes]:
    """Names and values of a window's fields, in turn."""
    pairs: list[bytes] = []
    for own, values in zip(names, row, strict=True):
        pairs += chain.from_iterable(zip(own, (event, *values), strict=True))
    return pairs


def _is_abandoned(file: OnlineFile) -> bool:
    """Whether nobody is writing it any more: rounds follow one another, requests are noted by the service meanwhile."""
    return not file.file_id.startswith(SERVED) or datetime.now(UTC) - file.created > _ABANDONED


def _note(file: OnlineFile) -> str:
    return json.dumps(asdict(file), default=datetime.isoformat)


def _file(content: bytes) -> OnlineFile:
    try:
        facts = json.loads(content)
        moments = {name: datetime.fromisoformat(facts[name]) for name in ("event", "created")}
        return OnlineFile(**{**facts, **moments})
    except (ValueError, KeyError, TypeError) as error:
        raise FeatureStoreError(
            f"what Redis says of a file that is online cannot be used ({error}); delete its keys {_FILES}, {_VIEWS} "
            f"and {_UNFINISHED}, and materialise online_features"
        ) from error
