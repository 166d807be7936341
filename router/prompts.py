"""Versioned prompts: files become immutable versions with digests, labels point at versions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, Any, Literal

from jinja2 import Template
from pydantic import BaseModel, ConfigDict, Field, RootModel, StringConstraints

from models import strict_yaml
from models.errors import InvalidConfig
from models.messages import Message, Sampling
from router.template import compile_template, render

LABELS_FILE = "labels.yaml"
REFERENCE = re.compile(r"^(?P<id>[a-z0-9_-]+(?:/[a-z0-9_-]+)*)@(?P<label>[a-z0-9_.-]+)$")
_ID = re.compile(r"^[a-z0-9_-]+(?:/[a-z0-9_-]+)*$")
_VERSION_FILE = re.compile(r"^(?P<version>v[0-9]+)\.yaml$")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One version of a prompt; `inputs` are the names its template reads.

    `refusal` is the sentence a grounded answer falls back on.
    """

    id: str
    version: str
    digest: str
    inputs: frozenset[str]
    turns: tuple[tuple[Literal["system", "user"], Template], ...] = field(repr=False)
    sampling: Sampling
    refusal: str | None = None

    @property
    def name(self) -> str:
        """`id@version`, as it stands in `route.steps` and the ledger."""
        return f"{self.id}@{self.version}"

    def render(self, values: Mapping[str, Any]) -> tuple[Message, ...]:
        """The messages for these values."""
        return tuple(
            Message(role, render(template, values, self.name)) for role, template in self.turns
        )


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Turn(_Strict):
    role: Literal["system", "user"]
    content: Annotated[str, StringConstraints(min_length=1)]


class _SamplingRow(_Strict):
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = 0.0
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    seed: int | None = None


class _PromptRow(_Strict):
    inputs: list[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]]
    messages: Annotated[list[_Turn], Field(min_length=1)]
    sampling: _SamplingRow = _SamplingRow()
    refusal: str | None = None


_Version = Annotated[str, StringConstraints(pattern=r"^v[0-9]+$")]


class _LabelRows(RootModel[dict[str, dict[str, _Version]]]):
    """A version for each label of each prompt."""


class Prompts:
    """Every prompt version by `id@version`, and which version each label stands for."""

    def __init__(
        self, versions: Mapping[str, Prompt], labels: Mapping[str, Mapping[str, str]]
    ) -> None:
        self._versions = versions
        self._labels = labels

    def names(self) -> tuple[str, ...]:
        """Every version, as `id@version`."""
        return tuple(sorted(self._versions))

    def get(self, reference: str, field: str = "prompt") -> Prompt:
        """The prompt of `id@label` or `id@v3`; raises InvalidConfig naming `field`."""
        match = REFERENCE.match(reference)
        if match is None:
            raise InvalidConfig(f"{field}: `{reference}` is not of the form id@label.", param=field)
        version = self._labels.get(match["id"], {}).get(match["label"], match["label"])
        prompt = self._versions.get(f"{match['id']}@{version}")
        if prompt is None:
            raise InvalidConfig(f"{field}: there is no prompt `{reference}`.", param=field)
        return prompt


def load_prompts(*folders: Traversable) -> Prompts:
    """The prompts that ship with Podium and those of `folders`, each laid upon the ones before.

    A file replaces the version of its name, a label what it stood for. Raises InvalidConfig naming
    the file and the field at fault.
    """
    versions: dict[str, Prompt] = {}
    labels: dict[str, Mapping[str, str]] = {}
    for root in (resources.files("router").joinpath("prompts"), *folders):
        versions |= {prompt.name: prompt for prompt in _read_tree(root, "")}
        for id, rows in _read_labels(root.joinpath(LABELS_FILE), versions).items():
            labels[id] = {**labels.get(id, {}), **rows}
    return Prompts(versions, labels)


def read_prompt(text: bytes, id: str, version: str, source: str = "") -> Prompt:
    """One prompt file; raises InvalidConfig naming the file, by `source`, and the field."""
    source = source or f"{id}/{version}.yaml"
    row = strict_yaml.parse(_PromptRow, strict_yaml.load(text, source), source)
    inputs = frozenset(row.inputs)
    turns = tuple(
        (turn.role, compile_template(turn.content, inputs, f"{source} messages.{index}.content"))
        for index, turn in enumerate(row.messages)
    )
    return Prompt(
        id=id,
        version=version,
        digest=hashlib.sha256(text).hexdigest(),
        inputs=inputs,
        turns=turns,
        sampling=Sampling(**row.sampling.model_dump()),
        refusal=row.refusal,
    )


def _read_labels(
    file: Traversable, versions: Mapping[str, Prompt]
) -> Mapping[str, Mapping[str, str]]:
    if not file.is_file():
        return {}
    rows = strict_yaml.load(strict_yaml.read(file), str(file)) or {}
    labels = strict_yaml.parse(_LabelRows, rows, str(file)).root
    for id, named in labels.items():
        for label, version in named.items():
            if f"{id}@{version}" not in versions:
                raise InvalidConfig(
                    f"{file}: {id}.{label} names {version}, which is no version of it.",
                    param=f"{id}.{label}",
                )
    return labels


def _read_tree(folder: Traversable, path: str) -> list[Prompt]:
    found: list[Prompt] = []
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        match = _VERSION_FILE.match(entry.name)
        if entry.name[0] == ".":
            # Where Kubernetes mounts a ConfigMap it keeps every file a second time, in a folder
            # with a dot.
            continue
        if entry.is_dir():
            found += _read_tree(entry, f"{path}/{entry.name}".strip("/"))
        elif match and _ID.match(path):
            text = strict_yaml.read(entry)
            found.append(read_prompt(text, path, match["version"], str(entry)))
        elif entry.name.endswith((".yaml", ".yml")) and (path or entry.name != LABELS_FILE):
            raise InvalidConfig(
                f"{entry} is no prompt: those lie in a folder named for them, in small letters,"
                " as v1.yaml, v2.yaml and so on."
            )
    return found
