"""The client of an Ollama server: bounded in time and size, and left alone when it fails."""

from seismic_assets.llm.client.config import ClientConfig
from seismic_assets.llm.client.model import OllamaModel
from seismic_assets.llm.client.observing import CallCounts, CallObserver, Counted
from seismic_assets.llm.client.status import ServerStatus

__all__ = ["CallCounts", "CallObserver", "ClientConfig", "Counted", "OllamaModel", "ServerStatus"]
