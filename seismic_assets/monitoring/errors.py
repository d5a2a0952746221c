"""What can stop the monitoring."""


class MonitoringError(ValueError):
    """Figures cannot be made of what was given: what is wrong and what to do."""
