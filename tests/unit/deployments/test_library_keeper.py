"""Prompts and pipelines of a running instance: swapped together when their files settle, or not."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from pathlib import Path
from typing import cast

import pytest

from deployments.library_keeper import LibraryKeeper
from deployments.settings import Settings
from models.catalog import Catalog, builtin_catalog, load_catalog
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


class _Stumbling:
    """A catalog that knows every model, and answers the first question with an error."""

    def __init__(self, error: Exception) -> None:
        self._errors = [error]

    def __contains__(self, model: object) -> bool:
        if self._errors:
            raise self._errors.pop()
        return True


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


def test_a_folder_that_comes_back_empty_is_taken_as_such(tmp_path: Path, prompts: Path) -> None:
    keeper = LibraryKeeper(Settings(prompts=(str(prompts),)), CATALOG)
    prompts.rename(tmp_path / "gone")
    assert not _settled(keeper)
    assert keeper.refused is not None
    prompts.mkdir()
    assert not keeper.look()
    assert keeper.look()
    assert keeper.refused is None
    assert "support/draft@v2" not in keeper.books.library.prompts.names()


def test_what_changes_behind_a_link_is_taken(
    keeper: LibraryKeeper, tmp_path: Path, prompts: Path
) -> None:
    behind = tmp_path / "behind"
    (behind / "draft").mkdir(parents=True)
    (behind / "draft" / "v7.yaml").write_text(DRAFT)
    (prompts / "linked").symlink_to(behind)
    assert _settled(keeper)
    (behind / "draft" / "v8.yaml").write_text(DRAFT)
    assert _settled(keeper)
    assert {"linked/draft@v7", "linked/draft@v8"} <= set(keeper.books.library.prompts.names())
    (behind / "draft" / "again").symlink_to(behind)
    assert not keeper.look() and not keeper.look()


def test_a_read_that_failed_is_tried_again(tmp_path: Path, prompts: Path) -> None:
    catalog = cast(Catalog, _Stumbling(OSError(5, "Input/output error")))
    keeper = LibraryKeeper(Settings(home=str(tmp_path)), catalog)
    (prompts / "labels.yaml").write_text("support/draft: {prod: v2}\n")
    assert not _settled(keeper)
    assert keeper.refused == "Input/output error"
    assert keeper.look()
    assert keeper.refused is None and _version(keeper) == "v2"


async def test_an_error_nobody_foresaw_does_not_end_the_watch(
    tmp_path: Path, prompts: Path, caplog: pytest.LogCaptureFixture
) -> None:
    catalog = cast(Catalog, _Stumbling(RuntimeError("words of a customer")))
    keeper = LibraryKeeper(Settings(home=str(tmp_path)), catalog)
    (prompts / "labels.yaml").write_text("support/draft: {prod: v2}\n")
    watch = asyncio.create_task(keeper.watch(period=0.01))
    async with asyncio.timeout(20):
        while _version(keeper) != "v2":
            assert not watch.done()
            await asyncio.sleep(0.01)
    watch.cancel()
    with suppress(asyncio.CancelledError):
        await watch
    assert keeper.refused is None
    (said,) = (one for one in caplog.records if one.levelno == logging.ERROR)
    assert said.__dict__["why"] == "it ended in RuntimeError"


def test_a_change_in_what_kubernetes_mounts_is_taken(tmp_path: Path) -> None:
    """All of it at once: a link is put in the place of another."""
    mounted = tmp_path / "mounted"
    for moment, version in (("..1", "v1"), ("..2", "v2")):
        (mounted / moment / "support" / "draft").mkdir(parents=True)
        (mounted / moment / "support" / "draft" / "v2.yaml").write_text(DRAFT)
        (mounted / moment / "labels.yaml").write_text(f"support/draft: {{prod: {version}}}\n")
    (mounted / "..data").symlink_to("..1")
    for name in ("support", "labels.yaml"):
        (mounted / name).symlink_to(Path("..data") / name)
    keeper = LibraryKeeper(Settings(prompts=(str(mounted),)), CATALOG)
    assert _version(keeper) == "v1"
    (mounted / "..new").symlink_to("..2")
    (mounted / "..new").replace(mounted / "..data")
    assert _settled(keeper)
    assert _version(keeper) == "v2"


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
