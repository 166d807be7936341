"""The file of a structured source: its database, the queries and the acts it knows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from models import strict_yaml
from models.errors import InvalidConfig, InvalidRequest
from retrieval.ports import Scalar

_STRICT = ConfigDict(extra="forbid", frozen=True)
_TYPES: Mapping[str, tuple[type, ...]] = {
    "str": (str,), "int": (int,), "float": (int, float), "bool": (bool,),
}  # fmt: skip
_READS = re.compile(r"\s*(select|with|values)\b", re.IGNORECASE)
_WRITES = re.compile(r"\s*(insert|update)\b", re.IGNORECASE)

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class ParameterSpec(BaseModel):
    """One parameter of a query; a text must match `pattern` as a whole."""

    model_config = _STRICT

    type: Literal["str", "int", "float", "bool"]
    pattern: str | None = None
    max_length: int = Field(default=200, ge=1, le=10_000)

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str | None, info: ValidationInfo) -> str | None:
        if pattern is not None and info.data.get("type") != "str":
            raise ValueError("only a parameter of type str has a pattern")
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f"no regular expression: {error}") from error
        return pattern

    def check(self, name: str, value: Scalar) -> None:
        """Raise InvalidRequest, without the value, unless it fits."""
        good = isinstance(value, _TYPES[self.type]) and (
            self.type == "bool" or not isinstance(value, bool)
        )
        if good and isinstance(value, str):
            good = len(value) <= self.max_length and (
                self.pattern is None or re.fullmatch(self.pattern, value) is not None
            )
        if not good:
            shape = f" matching {self.pattern}" if self.pattern else ""
            raise InvalidRequest(
                f"{name} must be of type {self.type}{shape}.", param=f"params.{name}"
            )


class QuerySpec(BaseModel):
    """One named query: read-only SQL with `:name` parameters, at most `limit` rows."""

    model_config = _STRICT

    sql: str = Field(max_length=20_000)
    params: Mapping[Name, ParameterSpec] = Field(default_factory=dict)
    limit: int = Field(default=50, ge=1, le=10_000)
    timeout_s: float = Field(default=2.0, gt=0, le=60)

    @field_validator("sql")
    @classmethod
    def _reads(cls, sql: str) -> str:
        if not _READS.match(sql):
            raise ValueError("a query must begin with SELECT, WITH or VALUES")
        return sql

    @model_validator(mode="after")
    def _parameters_agree(self) -> QuerySpec:
        _agree(self.sql, self.params)
        return self


class ActionSpec(BaseModel):
    """One act: SQL that inserts or updates, with `:name` parameters; it must change something."""

    model_config = _STRICT

    effects: str = Field(min_length=1, max_length=200)
    sql: str = Field(max_length=20_000)
    params: Mapping[Name, ParameterSpec] = Field(default_factory=dict)
    timeout_s: float = Field(default=2.0, gt=0, le=60)

    @field_validator("sql")
    @classmethod
    def _writes(cls, sql: str) -> str:
        if not _WRITES.match(sql):
            raise ValueError("an act must begin with INSERT or UPDATE")
        return sql

    @model_validator(mode="after")
    def _parameters_agree(self) -> ActionSpec:
        _agree(self.sql, self.params)
        return self


def _agree(sql: str, params: Mapping[str, ParameterSpec]) -> None:
    used = set(sa.text(sql).compile().params)
    if used != set(params):
        odd = ", ".join(sorted(used ^ set(params)))
        raise ValueError(f"in the SQL or under params, not in both: {odd}")


class SourceSpec(BaseModel):
    """A source: an SQLite file, by a path relative to Podium's home, its queries and its acts."""

    model_config = _STRICT

    database: str = Field(min_length=1)
    queries: Mapping[Name, QuerySpec] = Field(min_length=1)
    actions: Mapping[Name, ActionSpec] = Field(default_factory=dict)


def read_source(reference: str, folder: Path) -> SourceSpec:
    """The source of a packaged name such as `crm`, or of a YAML file, relative to `folder`."""
    if not reference.endswith((".yaml", ".yml")):
        packaged = files("retrieval") / "queries" / f"{reference}.yaml"
        if not packaged.is_file():
            raise InvalidConfig(
                f"There is no packaged source {reference!r}; give the path of a .yaml file.",
                param="sources",
            )
        return _parse(packaged.read_bytes(), f"{reference}.yaml")
    try:
        content = (folder / reference).read_bytes()
    except OSError as error:
        raise InvalidConfig(
            f"The source file {reference} cannot be read: {error.strerror}.", param="sources"
        ) from error
    return _parse(content, reference)


def _parse(content: bytes, name: str) -> SourceSpec:
    return strict_yaml.parse(SourceSpec, strict_yaml.load(content, name), name)
