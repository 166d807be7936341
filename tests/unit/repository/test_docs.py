"""The reference pages say what the code says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.tracked import ROOT


@pytest.fixture(scope="module")
def docs() -> ModuleType:
    """The generator of the pages."""
    sys.path.insert(0, str(ROOT / ".ci"))
    try:
        import docs
    finally:
        sys.path.remove(str(ROOT / ".ci"))
    return docs


def _stale(folder: Path) -> list[str]:
    """What is stale, as a process of its own sees it: other tests leave their types behind here."""
    code = (
        "import sys; from pathlib import Path; import docs; print(*docs.stale(Path(sys.argv[1])))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        env=os.environ | {"PYTHONPATH": f"{ROOT / '.ci'}{os.pathsep}{ROOT}"},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return told.stdout.split()


def test_the_reference_pages_say_what_the_code_says(docs: ModuleType) -> None:
    assert _stale(docs.FOLDER) == [], "run `make docs`"


def test_a_page_that_says_something_else_is_found(docs: ModuleType, tmp_path: Path) -> None:
    shutil.copytree(docs.FOLDER, tmp_path / "reference")
    page = tmp_path / "reference" / "settings.md"
    page.write_text(page.read_text().replace("8400", "8000"))
    (tmp_path / "reference" / "errors.md").unlink()
    assert sorted(_stale(tmp_path / "reference")) == ["errors.md", "settings.md"]


def test_a_field_without_a_meaning_stops_the_generator(docs: ModuleType) -> None:
    meanings = dict(docs.docs_settings.MEANINGS)
    del meanings["port"]
    with pytest.raises(SystemExit, match="port"):
        docs.docs_settings.table(docs.docs_settings.Settings, meanings)
