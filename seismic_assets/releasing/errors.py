"""What ends a deploy; each error is one sentence."""


class DeployError(Exception):
    """A deploy did not begin, or did not end as it should."""


class DeployRefusedError(DeployError):
    """Nothing was begun: what is wrong, and what to do."""


class UnfinishedError(DeployRefusedError):
    """An earlier deploy was killed, and waits to be resumed or rolled back."""


class StepFailedError(DeployError):
    """A step could not be done: why."""


class RolledBackError(DeployError):
    """A step failed, and what the deploy had promoted was taken back."""
