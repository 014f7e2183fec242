"""What runs inside the jail. Each module is one job: ``run(arguments, inputs, outputs) -> dict``."""


class RefusalError(Exception):
    """A job's foreseeable finding about the artifact it was given; the message is the finding."""
