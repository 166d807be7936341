"""Everything an operator may set: one model, checked as a whole, the same on one box and on many.

Precedence: command-line flag, then `PODIUM_*`, then `settings.yaml` in the home, then the profile.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from deployments.wire.limits import Limits
from deployments.wire.pings import Pings
from models.errors import InvalidConfig
from models.strict_yaml import load, parse
from retrieval.settings import CollectionSettings, HnswSettings
from router.scaling.settings import Scaling

PREFIX = "PODIUM_"
# Variables that address an installation instead of configuring one.
_NOT_SETTINGS = {"HOME", "API_KEY", "BASE_URL", "PROFILE", "RUN_FOLDER", "DEBUG"}
_STRICT = ConfigDict(extra="forbid", frozen=True)
# Settings are shown and copied about: libpq takes the password from PGPASSFILE, the rest from PG….
_POSTGRES = r"^postgresql://([^:/@?]*@)?[^@?]+$"


class GatewaySettings(BaseModel):
    """The ingress: replicas are fixed, for scaling it would cut long streams."""

    model_config = _STRICT

    replicas: int = Field(default=1, ge=1)
    num_cpus: float = Field(default=0.5, ge=0)
    limits: Limits = Limits()
    pings: Pings = Pings()
    presidio: tuple[Annotated[str, Field(pattern="^[a-z]{2}$")], ...] = ()


class RetrieverSettings(BaseModel):
    """Search and the documents behind it; `embedder` names a model of the catalog.

    `collection` is how every collection is cut and searched, `store` a PostgreSQL with pgvector for
    the documents, `hnsw` how that indexes their vectors.
    """

    model_config = _STRICT

    embedder: str = "embed"
    collection: CollectionSettings = CollectionSettings()
    store: str | None = Field(default=None, pattern=_POSTGRES)
    hnsw: HnswSettings = HnswSettings()
    num_cpus: float = Field(default=0.5, ge=0)
    sources: Mapping[str, str] = Field(default_factory=dict)


class Placement(BaseModel):
    """Labels that a node must have to take a deployment in; empty is any node.

    `models` holds for every model that runs here. On Kubernetes a worker group's labels.
    """

    model_config = _STRICT

    gateway: Mapping[str, str] = Field(default_factory=dict)
    models: Mapping[str, str] = Field(default_factory=dict)
    retriever: Mapping[str, str] = Field(default_factory=dict)
    state: Mapping[str, str] = Field(default_factory=dict)
    egress: Mapping[str, str] = Field(default_factory=dict)


class Settings(BaseModel):
    """The whole of it; also the `args` of serve_config.yaml.

    `models` names the catalog rows to run here, `catalog` more folders of rows, `policy` the
    policy file, `ledger` a PostgreSQL for the ledger, `home` the folder of all state;
    `gpu_second_usd` what a second of an accelerator costs where a local model's row has no price;
    `scaling` says by model how many replicas it may have, where that is not the row's `replicas`;
    `gpu_memory_gib` is what each GPU has, where models run on other machines than this;
    `pipelines`, `prompts` and `schemas` name more folders of those. `outside` names the rows that
    `remote: on` serves, None those whose key is there: on a cluster only Egress sees the keys.
    """

    model_config = _STRICT

    home: str | None = None
    profile: str = "embedded"
    host: str = "127.0.0.1"
    port: int = Field(default=8400, ge=0, le=65535)
    models: tuple[str, ...] = ()
    catalog: tuple[str, ...] = ()
    policy: str | None = None
    ledger: str | None = Field(default=None, pattern=_POSTGRES)
    pipelines: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    schemas: tuple[str, ...] = ()
    gpu_second_usd: float = Field(default=0.0, ge=0)
    gpu_memory_gib: float | None = Field(default=None, gt=0)
    remote: str = Field(default="off", pattern="^(off|stub|on)$")
    outside: tuple[str, ...] | None = None
    gateway: GatewaySettings = GatewaySettings()
    retriever: RetrieverSettings = RetrieverSettings()
    placement: Placement = Placement()
    scaling: Mapping[str, Scaling] = Field(default_factory=dict)
    logical_cpus: float = Field(default=8, gt=0)
    object_store_mib: int = Field(default=128, ge=80)

    @field_validator("models")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        twice = [name for name, times in Counter(value).items() if times > 1]
        if twice:
            raise ValueError(f"names '{twice[0]}' twice; `replicas` of its row makes more of it")
        return value


def profile_names() -> tuple[str, ...]:
    """The profiles that ship with Podium."""
    return tuple(sorted(path.stem for path in _profiles().glob("*.yaml")))


def load_settings(
    flags: Mapping[str, Any],
    environ: Mapping[str, str],
    home_file: Path | None = None,
) -> Settings:
    """The settings in force; raises InvalidConfig naming the source and the field."""
    name = flags.get("profile") or environ.get("PODIUM_PROFILE") or "embedded"
    path = _profiles() / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(profile_names())
        raise InvalidConfig(f"There is no profile '{name}'; there are: {known}.", param="profile")
    values: dict[str, Any] = _mapping(path)
    if home_file is not None and home_file.is_file():
        values = merge(values, _mapping(home_file))
    values = merge(values, _from_environment(environ))
    values = merge(values, {key: value for key, value in flags.items() if value is not None})
    return parse(Settings, values, "settings")


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` laid upon `base`, mappings merged, everything else replaced."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = merge(old, value) if both else value  # type: ignore[arg-type]
    return merged


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """`PODIUM_GATEWAY__REPLICAS=2` sets gateway.replicas; values are JSON, or plain text."""
    values: dict[str, Any] = {}
    for name, text in sorted(environ.items()):
        key = name.removeprefix(PREFIX)
        if not name.startswith(PREFIX) or key in _NOT_SETTINGS:
            continue
        nested: Any = _value(text)
        for part in reversed(key.lower().split("__")):
            nested = {part: nested}
        values = merge(values, nested)
    return values


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _mapping(path: Path) -> dict[str, Any]:
    values = load(path.read_bytes(), path.name) or {}
    if not isinstance(values, dict):
        raise InvalidConfig(f"{path.name} must be a mapping of settings.", param=path.name)
    return values


def _profiles() -> Path:
    return Path(str(files("deployments"))) / "profiles"
