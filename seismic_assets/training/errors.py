"""What can stop a training."""


class TrainingError(ValueError):
    """The data cannot be trained on: what is wrong and what to do."""
