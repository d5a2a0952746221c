"""What an Arrow IPC stream says of itself before it is decoded."""

from __future__ import annotations

import pyarrow as pa

_DICTIONARY_BATCH, _RECORD_BATCH = 2, 3
# Places of fields in the tables of Arrow's format/Message.fbs.
_HEADER_TYPE, _HEADER, _DICTIONARY_DATA, _COMPRESSION = 1, 2, 1, 3


def is_compressed(stream: bytes) -> bool:
    """Whether a batch of the stream is compressed: a small body may then stand for any amount of memory.

    Raises:
        pa.ArrowException: it is not an Arrow IPC stream.
    """
    reader = pa.ipc.MessageReader.open_stream(pa.py_buffer(stream))
    while True:
        try:
            message = reader.read_next_message()
        except StopIteration:
            return False
        if _batch_is_compressed(message.metadata.to_pybytes()):
            return True


def _batch_is_compressed(metadata: bytes) -> bool:
    import struct

    from flatbuffers.number_types import UOffsetTFlags
    from flatbuffers.table import Table

    try:
        message = Table(metadata, int.from_bytes(metadata[:4], "little"))
        kind_at = message.Offset(4 + 2 * _HEADER_TYPE)
        kind = metadata[message.Pos + kind_at] if kind_at else 0
        if kind not in (_DICTIONARY_BATCH, _RECORD_BATCH):
            return False
        batch = Table(metadata, message.Indirect(message.Pos + message.Offset(4 + 2 * _HEADER)))
        if kind == _DICTIONARY_BATCH:
            batch = Table(metadata, batch.Indirect(batch.Pos + batch.Offset(4 + 2 * _DICTIONARY_DATA)))
        return batch.Offset(4 + 2 * _COMPRESSION) != UOffsetTFlags.py_type(0)
    except (IndexError, struct.error, TypeError) as error:
        raise pa.ArrowInvalid("a message has damaged metadata") from error
