"""What can go wrong with an object store."""


class ObjectStoreError(Exception):
    """An object store cannot be used: which, why, what to do."""
