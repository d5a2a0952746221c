"""Errors of looking at a deployment."""


class ValidationError(Exception):
    """The deployment could not be looked at: what, where, what to do."""
