"""The forms of requests and answers: JSON, raw float32, Arrow, and tables as CSV and Parquet."""

from seismic_assets.serving.forms.answer import Answer, Stamp, Stored
from seismic_assets.serving.forms.asking import form_of, parse_asked, parse_request, sentence_of
from seismic_assets.serving.forms.choice import Form, choose
from seismic_assets.serving.forms.encoding import encode

__all__ = [
    "Answer",
    "Form",
    "Stamp",
    "Stored",
    "choose",
    "encode",
    "form_of",
    "parse_asked",
    "parse_request",
    "sentence_of",
]
