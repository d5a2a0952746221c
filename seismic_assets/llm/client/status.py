"""What is known of a server without asking a model anything."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from seismic_assets.llm.client.aside import done_aside
from seismic_assets.llm.client.bounded import Bounds, bounding
from seismic_assets.llm.client.config import ClientConfig
from seismic_assets.llm.client.failures import CallError
from seismic_assets.llm.client.wire import connected, explained, who

_SECONDS = 5.0
_BOUNDS = Bounds(2_000_000, 2_000_000)
_MOST_MODELS = 1_000
_LONGEST_NAME = 200


@dataclass(frozen=True)
class ServerStatus:
    """Whether a model can be asked.

    Attributes:
        reachable: whether an Ollama server answers.
        has_model: whether it has the model.
        version: of the server; None where it does not say.
        models: that it has, in order of their names.
        sentence: all that in a sentence, and what to do.
    """

    reachable: bool
    has_model: bool
    version: str | None
    models: tuple[str, ...]
    sentence: str

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)


def status_of(config: ClientConfig) -> ServerStatus:
    """Ask the server which models it has; never raises, within five seconds."""
    seconds = min(_SECONDS, config.timeout_s)
    nobody = ServerStatus(False, False, None, (), "")
    try:
        models = done_aside(lambda _: _models(config), seconds)
    except TimeoutError:
        return replace(nobody, sentence=f"the Ollama server at {config.host} did not answer within {seconds:g} s")
    except CallError as error:
        return replace(nobody, sentence=str(error))
    try:
        version = done_aside(lambda _: _version(config), seconds)
    except (TimeoutError, CallError):
        version = None
    has_model = bool({config.model, f"{config.model}:latest"} & set(models))
    if has_model:
        sentence = f"{who(config)} is ready"
    else:
        sentence = f"{who(config)} is not there: get it with `ollama pull {config.model}`"
    return ServerStatus(True, has_model, version, models, sentence)


async def _models(config: ClientConfig) -> tuple[str, ...]:
    with explained(config):
        async with connected(config, _BOUNDS) as client:
            found = await client.list()
    names = {each.model for each in found.models if each.model}
    return tuple(sorted(name for name in names if name.isprintable() and len(name) <= _LONGEST_NAME)[:_MOST_MODELS])


async def _version(config: ClientConfig) -> str | None:
    import httpx

    with explained(config):  # the client of Ollama does not ask for it
        async with httpx.AsyncClient(
            base_url=config.host,
            timeout=None,
            headers={"Accept-Encoding": "identity"},
            trust_env=not config.is_local,
            event_hooks={"response": [bounding(_BOUNDS, who(config))]},
        ) as client:
            response = await client.get("/api/version")
            version = response.json()["version"] if response.is_success else None
    return version[:64] if isinstance(version, str) and version.isprintable() else None
