"""What can go wrong with a cluster."""


class ClusterError(Exception):
    """A cluster cannot be used: where, why, what to do."""
