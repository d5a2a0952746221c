"""What can be wrong with the way a service is set up."""


class ServingError(ValueError):
    """The service cannot run as asked: one sentence with what, where and what to do."""
