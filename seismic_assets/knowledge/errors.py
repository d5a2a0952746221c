"""What can go wrong with the documents and their index; each message is one sentence."""


class KnowledgeError(Exception):
    """An index that is missing, damaged or of another make, or a question that cannot be asked."""
