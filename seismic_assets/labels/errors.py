"""What the label readers raise."""


class LabelError(Exception):
    """An interpretation that cannot be used: one sentence that names the file, the line and the remedy."""
