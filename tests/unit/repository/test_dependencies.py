"""Every package the code imports is one the project asks for."""

from __future__ import annotations

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.tracked import ROOT, tracked

PACKAGES = {"models", "retrieval", "router", "deployments"}
NEVER_IN_THE_LOCK = {"google-genai", "psycopg", "vllm"}
HALVES = {"pydantic-core"}  # released with pydantic, which pins it exactly


def imported(paths: list[Path]) -> set[str]:
    """Top-level names that the files import, ours and the standard library's left out."""
    names: set[str] = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names.add(node.module.split(".")[0])
    return names - PACKAGES - set(sys.stdlib_module_names)


def declared(*extras: str) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = list(project["dependencies"])
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    return {canonicalize_name(Requirement(line).name) for line in lines}


def undeclared(names: set[str], asked_for: set[str]) -> set[str]:
    provided_by = packages_distributions()
    return {
        name
        for name in names
        if not {canonicalize_name(d) for d in provided_by.get(name, [name])} & asked_for
    }


def test_the_packages_import_only_what_the_project_asks_for() -> None:
    paths = [p for p in tracked(".py") if p.relative_to(ROOT).parts[0] in PACKAGES]
    asked_for = declared("cpu", "embedded", "remote", "postgres", "microphone", "images", "copilot")
    names = imported(paths)
    # Presence first: with nothing asked for, the same look finds what is known to be there.
    assert {"vllm", "yaml"} <= undeclared(names, set())
    assert undeclared(names, asked_for | NEVER_IN_THE_LOCK | HALVES) == set()


def test_the_bench_imports_only_what_developers_get() -> None:
    names = imported([p for p in tracked(".py") if p.relative_to(ROOT).parts[0] == "bench"])
    assert "aiohttp" in undeclared(names - {"bench"}, set())
    assert undeclared(names - {"bench"}, declared("cpu", "dev") | HALVES) == set()
