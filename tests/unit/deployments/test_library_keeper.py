"""Prompts and pipelines of a running instance: swapped together when their files settle, or not."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from deployments.library_keeper import LibraryKeeper
from deployments.settings import Settings
from models.catalog import builtin_catalog, load_catalog
from router.prompts import load_prompts

ROOT = Path(__file__).parents[3]
DRAFT = (ROOT / "router" / "prompts" / "support" / "draft" / "v1.yaml").read_text()
SUPPORT = (ROOT / "router" / "pipelines" / "support.yaml").read_text()
MINE = SUPPORT.replace("name: support", "name: mine")
PROD = "support/draft@prod"
CATALOG = load_catalog([builtin_catalog()])


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    """A home's folder of prompts with a second version that no label names yet."""
    folder = tmp_path / "prompts"
    (folder / "support" / "draft").mkdir(parents=True)
    (folder / "support" / "draft" / "v2.yaml").write_text(DRAFT)
    return folder


@pytest.fixture
def keeper(tmp_path: Path, prompts: Path) -> LibraryKeeper:
    return LibraryKeeper(Settings(home=str(tmp_path)), CATALOG)


def _version(keeper: LibraryKeeper) -> str:
    return keeper.books.library.prompts.get(PROD).version


def _settled(keeper: LibraryKeeper) -> bool:
    """Two looks: the first sees the change, the second that it is at rest."""
    return keeper.look() or keeper.look()


def test_a_label_that_moves_is_taken_once_it_is_at_rest(
    keeper: LibraryKeeper, prompts: Path
) -> None:
    began_under = keeper.books
    (prompts / "labels.yaml").write_text("support/draft: {prod: v2}\n")
    assert not keeper.look()
    assert keeper.books is began_under and _version(keeper) == "v1"
    assert keeper.look()
    assert _version(keeper) == "v2"
    assert not _settled(keeper)
    (prompts / "labels.yaml").write_text("support/draft: {prod: v1}\n")
    assert _settled(keeper) and _version(keeper) == "v1"


def test_what_is_wrong_leaves_all_of_those_before_in_force(
    keeper: LibraryKeeper, prompts: Path, caplog: pytest.LogCaptureFixture
) -> None:
    good = keeper.books
    with caplog.at_level(logging.ERROR, "podium.library"):
        (prompts / "labels.yaml").write_text("support/draft: {prod: v9}\n")
        assert not _settled(keeper)
    assert keeper.books is good
    assert keeper.refused is not None and "support/draft.prod names v9" in keeper.refused
    assert caplog.records
    (prompts / "labels.yaml").write_text("support/draft: {prod: v2}\n")
    assert _settled(keeper)
    assert keeper.refused is None and _version(keeper) == "v2"


def test_a_pipeline_for_a_model_of_no_catalog_is_not_taken(
    keeper: LibraryKeeper, tmp_path: Path
) -> None:
    folder = tmp_path / "pipelines"
    folder.mkdir()
    wrong = SUPPORT.replace("name: support", "name: mine").replace(
        "model: mistral", "model: mistrall"
    )
    assert wrong != MINE
    (folder / "mine.yaml").write_text(wrong)
    assert not _settled(keeper)
    assert keeper.refused is not None and "'mistrall'" in keeper.refused
    (folder / "mine.yaml").write_text(wrong.replace("mistrall", "mistral"))
    assert _settled(keeper), keeper.refused
    assert "mine" in keeper.books.plans


def test_a_run_that_began_keeps_the_prompts_of_its_plan(
    keeper: LibraryKeeper, prompts: Path
) -> None:
    plan = keeper.books.plans["support"]
    (prompts / "labels.yaml").write_text("support/draft: {prod: v2}\n")
    assert _settled(keeper)
    assert keeper.library_of(plan).prompts.get(PROD).version == "v1"
    assert keeper.library_of(keeper.books.plans["support"]).prompts.get(PROD).version == "v2"


def test_a_folder_that_goes_is_said_and_what_was_read_stays(tmp_path: Path, prompts: Path) -> None:
    keeper = LibraryKeeper(Settings(prompts=(str(prompts),)), CATALOG)
    gone = prompts.rename(tmp_path / "gone")
    assert not _settled(keeper)
    assert keeper.refused is not None and "is no folder" in keeper.refused
    assert "support/draft@v2" in keeper.books.library.prompts.names()
    gone.rename(prompts)
    _settled(keeper)
    assert keeper.refused is None


def test_files_mounted_by_kubernetes_are_read_once(tmp_path: Path) -> None:
    """It keeps them in a folder with a dot, and links to what is in there."""
    mounted = tmp_path / "..2026_11_29" / "support" / "draft"
    mounted.mkdir(parents=True)
    (mounted / "v2.yaml").write_text(DRAFT)
    (tmp_path / "..2026_11_29" / "labels.yaml").write_text("support/draft: {prod: v2}\n")
    (tmp_path / "..data").symlink_to("..2026_11_29")
    for name in ("support", "labels.yaml"):
        (tmp_path / name).symlink_to(Path("..data") / name)
    assert load_prompts(tmp_path).get(PROD).version == "v2"
