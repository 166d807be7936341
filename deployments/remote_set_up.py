"""What `podium up` does about models outside before it starts anything: keys, stub, rows."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack

from deployments.catalog_files import read_catalog
from deployments.egress_keys import erase_from_memory, key_names, remove_keys, take_keys, write_keys
from deployments.egress_rows import keyless_rows, write_stub_rows
from deployments.home import Home
from deployments.settings import Settings
from deployments.stub.child import start_stub


def prepare_remote(
    stack: ExitStack, home: Home, settings: Settings, say: Callable[[str], None]
) -> Settings:
    """The settings to go on with; from here on this process's environment holds no key.

    The keys go to Egress when `remote` is on; otherwise they are dropped.
    """
    catalog = read_catalog(settings, str(home.path))
    names = key_names(catalog)
    held = [name for name in names if name in os.environ]
    erase_from_memory(held)
    keys = take_keys(os.environ, names)
    remove_keys(home)
    if settings.remote == "on":
        stack.callback(remove_keys, home)
        write_keys(home, keys)
        for line in keyless_rows(settings, catalog, keys):
            say(line)
    if settings.remote != "stub":
        return settings
    capture, rows = home.run / "stub.jsonl", home.run / "stub"
    base_url = start_stub(stack, capture)
    write_stub_rows(rows, catalog, base_url)
    say(f"provider stub at {base_url}; what it receives stands in {capture}")
    return settings.model_copy(update={"catalog": (*settings.catalog, str(rows))})
