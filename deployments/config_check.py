"""Checks everything an operator can write down, as a whole, without starting anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from deployments.adapters import adapters_by_base
from deployments.autoscaling import check_scaling
from deployments.catalog_files import read_catalog
from deployments.fit_check import check_fit
from deployments.home import Home
from deployments.library_files import check_routes, read_library, read_plans
from deployments.policy_check import check_policy
from deployments.ray_llm_check import check_ray_llm
from deployments.serve_file import BUILDER, Application, ServeFile
from deployments.settings import Settings
from deployments.text_scanner import check_presidio
from models.catalog import Catalog
from models.errors import InvalidConfig
from models.local.engine_settings import check_engine
from models.strict_yaml import load, parse


def check_config(settings: Settings, home: Home) -> dict[str, Any]:
    """What was found to be in order, by kind; raises InvalidConfig naming file and field."""
    catalog = read_catalog(settings, str(home.path))
    _check_models(settings, catalog)
    check_scaling(settings, catalog)
    check_ray_llm(settings, catalog)
    check_fit(settings, catalog)
    check_policy(settings, home)
    check_presidio(settings)
    library = read_library(settings, str(home.path))
    plans = read_plans(settings, str(home.path), library)
    check_routes(plans, catalog)
    return {
        "profile": settings.profile,
        "models": list(settings.models),
        "catalog": [card.id for card in catalog],
        "policy": settings.policy or "built in",
        "prompts": list(library.prompts.names()),
        "schemas": list(library.schemas.names()),
        "pipelines": sorted(plans),
    }


def settings_in_file(path: Path) -> Settings:
    """The settings in a file: a settings.yaml, or a serve_config.yaml with one application."""
    data = _read(path)
    if isinstance(data, Mapping) and "applications" in data:
        data = _arguments(parse(ServeFile, data, path.name).applications, path)
    return parse(Settings, data, path.name)


def host_in_file(path: Path) -> str | None:
    """Where a serve_config.yaml has Serve listen; None where it leaves that to Serve."""
    options = parse(ServeFile, _read(path), path.name).http_options
    return options.host if "host" in options.model_fields_set else None


def _read(path: Path) -> Any:
    try:
        return load(path.read_bytes(), path.name) or {}
    except OSError as error:
        raise InvalidConfig(f"{path} can't be read: {error.strerror}.", param="FILE") from error


def _arguments(applications: Iterable[Application], path: Path) -> Any:
    found = [row.args for row in applications if row.import_path == BUILDER]
    if len(found) != 1:
        raise InvalidConfig(
            f"{path.name} must have exactly one application with import_path "
            "deployments.app:build.",
            param="applications",
        )
    return found[0]


def _check_models(settings: Settings, catalog: Catalog) -> None:
    for name in settings.models:
        if name not in catalog:
            known = ", ".join(sorted(card.id for card in catalog))
            raise InvalidConfig(
                f"settings: models names '{name}', which is in no catalog; there are: {known}.",
                param="models",
            )
        check_engine(catalog.card(name))
    adapters_by_base(settings.models, catalog)
