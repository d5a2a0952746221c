"""Insights: what the tables and reports of a deployment say, as facts, sections and a verdict."""

from seismic_assets.insights.insight import Insight, Verdict
from seismic_assets.insights.pages import INSIGHT_FILES, insight_page, write_insight

__all__ = ["INSIGHT_FILES", "Insight", "Verdict", "insight_page", "write_insight"]
