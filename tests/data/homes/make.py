"""Makes a small home by the code of an older commit: how the archives in this folder were made.

git worktree add --detach /tmp/older COMMIT
cd /tmp/older && PYTHONPATH=. python …/tests/data/homes/make.py …/tests/data/homes/NAME.tar.gz
"""

from __future__ import annotations

import importlib
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from deployments.first_key import ensure_first_key
from deployments.open_home import open_home
from router.label import Label, Level
from router.store.records import RunRecord, StepRecord
from router.store.state import NewKey, State
from tests.unit.retrieval.writing import new_document, new_store

LABEL = Label(Level.CONFIDENTIAL)


def fill(folder: Path) -> None:
    """Two keys, one of them revoked, a run, two documents, a catalog row, and a ledger."""
    home = open_home(folder)
    ledger = _ledger(home)
    state = State.open(home.database, home.pepper(), *([ledger] if ledger else []))
    ensure_first_key(home, state)
    gone = state.create_key(NewKey("clinic", name="ward"))
    state.revoke_key("clinic", gone.id)
    kept = state.create_key(NewKey("clinic", name="office"))
    (home.path / "office_key").write_text(f"{kept}\n")
    step = StepRecord("answer", "succeeded", 0.0, 12.0, model="mistral")
    state.record_run(
        RunRecord("clinic", "run_1", "support", "1", "succeeded", 1_790_000_000.0, 20.0, LABEL,
                  sources=(("kb", "valves.md", "0"),), steps=(step,))
    )  # fmt: skip
    _documents(home)
    (home.catalog / "mine.yaml").write_text("[]\n")
    if ledger:
        ledger.close()


def _documents(home: Any) -> None:
    store = new_store(home.collections)
    for name, text in (("valves.md", "The left valve is turned."), ("doors.md", "Doors close.")):
        store.put("kb", new_document(name, text, label=LABEL.to_json()))
    store.close()
    seals = _seals(home)
    if seals is not None:
        from retrieval.store import Store

        Store(home.collections / "retrieval.db", seals=seals).close()


def _ledger(home: Any) -> Any:
    """None before there was one."""
    try:
        return importlib.import_module("deployments.ledger").open_ledger(home)
    except ModuleNotFoundError:
        return None


def _seals(home: Any) -> Any:
    try:
        found = importlib.import_module("router.label_seal")
        return found.LabelSeals(found.seal_key(home.pepper()))
    except (ModuleNotFoundError, AttributeError):
        return None


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) / "home"
        fill(home)
        with tarfile.open(sys.argv[1], "w:gz") as archive:
            archive.add(home, "home", filter=_nobodys)


def _nobodys(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = info.mtime = 0
    info.uname = info.gname = ""
    return info


if __name__ == "__main__":
    main()
