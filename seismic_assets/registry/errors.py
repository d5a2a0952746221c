"""What can go wrong with models at rest."""


class RegistryError(Exception):
    """The registry cannot answer: what was asked, why not, what to do."""


class BundleError(Exception):
    """A serving bundle is incomplete or altered: which file, what to do."""
