"""A home with something of everything in it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from deployments.backup.progress import Progress
from deployments.first_key import ensure_first_key
from deployments.home import Home
from deployments.ledger import open_ledger
from deployments.open_home import open_home
from router.store.state import State
from tests.unit.retrieval.writing import new_document, new_store

SILENT = Progress(lambda _total: None, lambda _more: None)
MADE = 1_790_000_000.0


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = open_home(tmp_path / "home")
    with closing(open_ledger(home)) as ledger:
        ensure_first_key(home, State.open(home.database, home.pepper(), ledger))
    store = new_store(home.collections)
    store.put("kb", new_document("a.md", "one", "two"))
    store.close()
    home.policy.write_text("policy: mine\n")
    picture = home.assets / "ab" / "abcd.png"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"picture")
    (home.run / "provider_keys").write_text('{"OPENAI_API_KEY": "sk-canary"}')
    (home.logs / "gateway.jsonl").write_text("log")
    return home
