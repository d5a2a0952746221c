"""What can go wrong with a survey: one exception whose text is a sentence for the user."""


class SurveyError(ValueError):
    """A survey cannot be sampled, split or made as asked; the text says what, where and the remedy."""
