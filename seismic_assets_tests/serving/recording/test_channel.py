"""Writers that fail in ways that no disk can be made to fail in on purpose."""

from pathlib import Path

import pyarrow as pa
import pytest

from seismic_assets.serving.recording import INFERENCE_LOG, Recorder, RecorderOptions, RecordingError
from seismic_assets.serving.recording.table_writer import TableWriter
from seismic_assets_tests.serving.recording.building import make_call, make_recorder, rows_of, wait_until


class Unlucky(TableWriter):
    """Its first append is done, and then it fails all the same, as when the answer of a disk is lost."""

    def __init__(self, folder: Path, recorder: Recorder, error: Exception) -> None:
        super().__init__(folder, INFERENCE_LOG, recorder._tally.app_id)
        self.error: Exception | None = error

    def append(self, rows: pa.Table, total: int) -> None:
        super().append(rows, total)
        if self.error is not None:
            error, self.error = self.error, None
            raise error


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("error", [RecordingError("the disk did not answer"), RuntimeError("a defect")], ids=repr)
def test_an_append_that_is_done_though_it_was_told_to_fail_is_not_done_again(error: Exception, tmp_path: Path) -> None:
    recorder = make_recorder(tmp_path, RecorderOptions(flush_seconds=0.02))
    writer = Unlucky(tmp_path, recorder, error)
    recorder._channels[INFERENCE_LOG.row_type]._writer = writer
    for number in range(10):
        recorder.record(make_call(number))
    recorder.start()
    wait_until(lambda: writer.error is None and recorder.figures().pending == 0)
    recorder.record(make_call(10))
    assert recorder.stop(30.0)
    assert recorder.figures().failures == 1
    assert rows_of(tmp_path)["latency_ms"].sort().to_list() == list(range(11))
