"""What can go wrong with the feature store."""


class FeatureStoreError(Exception):
    """The feature store cannot be used: what, why, what to do."""


class DamagedStoreError(FeatureStoreError):
    """A file of the store is damaged; all of it can be made anew."""


class UnknownFeatureError(FeatureStoreError):
    """No view has such a feature."""


class UnknownTraceError(FeatureStoreError):
    """The store has no features of such a trace."""


class StaleFeaturesError(FeatureStoreError):
    """The store has features of a trace, but not those that were asked for: they were made otherwise."""
