"""What can go wrong with a stack of processes."""


class StackError(Exception):
    """The stack cannot be brought up, or is not as asked: what, where, and what to do."""
