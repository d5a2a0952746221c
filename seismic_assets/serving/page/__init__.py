"""The page of the service: a section with its predicted classes, recent predictions, and how the service is."""

from seismic_assets.serving.page.ports import PagePorts
from seismic_assets.serving.page.predicted import PredictedSection
from seismic_assets.serving.page.routes import page_router
from seismic_assets.serving.page.section import section_of_file, section_of_traces
from seismic_assets.serving.page.static_files import PAGE_POLICY

__all__ = [
    "PAGE_POLICY",
    "PagePorts",
    "PredictedSection",
    "page_router",
    "section_of_file",
    "section_of_traces",
]
