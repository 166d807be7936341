"""One cluster of five nodes for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.serve.cluster.site import Site, raised


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The nodes of the overlay `gpu`, and its configuration deployed on them by `serve deploy`."""
    with ExitStack() as stack:
        made = raised(stack, tmp_path_factory.mktemp("cluster"))
        made.cluster.wait_for_dashboard()
        made.deploy(made.config())
        made.wait_ready()
        yield made
