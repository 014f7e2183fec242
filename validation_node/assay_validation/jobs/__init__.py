"""What runs inside the jail. Each module is one job: ``run(arguments, inputs, outputs) -> dict``."""
