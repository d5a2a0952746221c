"""What was served, recorded: a row a request and one a feedback in Delta tables, written beside the requests."""

from seismic_assets.serving.recording.channel import Bounds
from seismic_assets.serving.recording.errors import RecordingError
from seismic_assets.serving.recording.history import find_call, recent_calls
from seismic_assets.serving.recording.recorder import Recorder, RecorderFigures, RecorderOptions
from seismic_assets.serving.recording.retention import Retention
from seismic_assets.serving.recording.rows import FEEDBACK, INFERENCE_LOG, RecordedCall, RecordedFeedback

__all__ = [
    "FEEDBACK",
    "INFERENCE_LOG",
    "Bounds",
    "RecordedCall",
    "RecordedFeedback",
    "Recorder",
    "RecorderFigures",
    "RecorderOptions",
    "RecordingError",
    "Retention",
    "find_call",
    "recent_calls",
]
