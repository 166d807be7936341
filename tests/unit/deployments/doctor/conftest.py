"""The server and the commands of the command line's own tests."""

from tests.unit.deployments.cli.conftest import cli, podium

__all__ = ["cli", "podium"]
