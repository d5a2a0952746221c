"""What an agent cannot judge."""


class QualityInputError(ValueError):
    """An agent was given nothing it can judge; the message is one sentence. The other agents go on."""
