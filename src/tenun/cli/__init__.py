"""`tenun …`: the command line. Modules are the command groups."""

from tenun.cli.main import main

__all__ = ["main"]
