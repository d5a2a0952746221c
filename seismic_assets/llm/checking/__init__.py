"""The check that a language model's text says nothing but the facts it cites."""

from seismic_assets.llm.checking.check import Checked, check
from seismic_assets.llm.checking.numbers import Mention, numbers_in

__all__ = ["Checked", "Mention", "check", "numbers_in"]
