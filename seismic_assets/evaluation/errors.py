"""What can stop an evaluation."""


class EvaluationError(ValueError):
    """Figures cannot be computed from what was given: what is wrong and what to do."""


class ExplanationError(RuntimeError):
    """A model cannot be explained here: a package is missing; the text says how to install it."""
