"""Which prompts, schemas and pipelines are in force: ours, the home's, then those of settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from deployments.home import Home
from deployments.settings import Settings
from models.catalog import Catalog
from models.errors import InvalidConfig
from router.plan import Plan
from router.plan_file import load_plans
from router.prompts import load_prompts
from router.schemas import load_schemas
from router.steps.kind import Library


def read_library(settings: Settings, home: str | None) -> Library:
    """The prompts and schemas; raises InvalidConfig naming the file, or the folder's setting."""
    return Library(
        load_prompts(*_folders("prompts", settings.prompts, home)),
        load_schemas(*_folders("schemas", settings.schemas, home)),
    )


def read_plans(settings: Settings, home: str | None, library: Library) -> dict[str, Plan]:
    """The pipelines by name, a later folder's instead of an earlier one's; raises InvalidConfig."""
    plans = load_plans(library)
    for folder in _folders("pipelines", settings.pipelines, home):
        plans |= load_plans(library, folder)
    return plans


def check_routes(plans: Mapping[str, Plan], catalog: Catalog) -> None:
    """Raises InvalidConfig naming a step that asks for a model of no catalog."""
    for plan in plans.values():
        for step in plan.steps:
            asked = [("route.model", step.route.model), *(("fallback", it) for it in step.fallback)]
            for field, model in asked:
                if model is not None and model not in catalog:
                    known = ", ".join(sorted(card.id for card in catalog))
                    raise InvalidConfig(
                        f"pipeline {plan.name}: steps.{step.name}.{field} names '{model}', which is"
                        f" in no catalog; there are: {known}.",
                        param=f"steps.{step.name}.{field}",
                    )


def folders_of(settings: Settings, home: str | None) -> list[Path]:
    """Every folder they are read from, those that ship with Podium left out."""
    return [
        folder
        for setting in ("prompts", "schemas", "pipelines")
        for folder in _folders(setting, getattr(settings, setting), home)
    ]


def yaml_files(folder: Path, above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """What may be read of a folder: links are followed, folders with a dot left out."""
    here = folder.resolve()
    if here in above:
        return
    for entry in folder.iterdir():
        if entry.is_dir():
            if not entry.name.startswith("."):
                yield from yaml_files(entry, above | {here})
        elif entry.name.endswith((".yaml", ".yml")):
            yield entry


def _folders(setting: str, named: tuple[str, ...], home: str | None) -> list[Path]:
    """The home's own folder where it has one, then those the setting names."""
    own = [getattr(Home(Path(home)), setting)] if home else []
    for name in named:
        if not Path(name).is_dir():
            raise InvalidConfig(f"settings: {setting}: {name} is no folder.", param=setting)
    return [*(folder for folder in own if folder.is_dir()), *map(Path, named)]
