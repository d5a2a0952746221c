"""The way to an object store. All clients here read the same variables of the environment, as AWS names them."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ObjectAccess:
    """How to reach an object store; what is None is left to the clients, as with keys that a machine's role gives.

    Attributes:
        endpoint: `http://HOST:PORT` of a store that is not AWS.
        region: of the bucket.
        key_id, secret: the access key.
    """

    endpoint: str | None = None
    region: str | None = None
    key_id: str | None = None
    secret: str | None = field(default=None, repr=False)

    def tell(self, environment: MutableMapping[str, str]) -> None:
        """Write it into an environment, which Delta's, Arrow's, polars', MLflow's and AWS's clients read it from."""
        endpoint = self.endpoint or environment.get("AWS_ENDPOINT_URL")
        wanted = {
            "AWS_ENDPOINT_URL": endpoint,
            "MLFLOW_S3_ENDPOINT_URL": endpoint,
            "AWS_ALLOW_HTTP": "true" if endpoint and endpoint.startswith("http://") else None,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self.key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret,
        }
        environment.update({name: value for name, value in wanted.items() if value is not None})
