"""More than one machine: pieces of work on a cluster of Ray."""

from seismic_assets.cluster.errors import ClusterError
from seismic_assets.cluster.ray_pool import RayPool

__all__ = ["ClusterError", "RayPool"]
