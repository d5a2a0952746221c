"""What cannot be compared."""


class DriftError(ValueError):
    """Drift cannot be computed from what was given: what is wrong and what to do."""
