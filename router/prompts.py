"""Versioned prompts: files become immutable versions with digests, labels point at versions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, Any, Literal

from jinja2 import Template
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from models import strict_yaml
from models.errors import InvalidConfig
from models.messages import Message, Sampling
from router.template import compile_template, render

LABELS_FILE = "labels.yaml"
REFERENCE = re.compile(r"^(?P<id>[a-z0-9_-]+(?:/[a-z0-9_-]+)*)@(?P<label>[a-z0-9_.-]+)$")
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


class Prompts:
    """Every prompt version by `id@version`, and which version each label stands for."""

    def __init__(self, versions: Iterable[Prompt], labels: Mapping[str, Mapping[str, str]]) -> None:
        self._versions = {prompt.name: prompt for prompt in versions}
        self._labels = labels
        for id, rows in labels.items():
            for label, version in rows.items():
                if f"{id}@{version}" not in self._versions:
                    raise InvalidConfig(
                        f"{LABELS_FILE}: {id}.{label} names {version}, which is no version of it.",
                        param=f"{id}.{label}",
                    )

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


def load_prompts(folder: Traversable | None = None) -> Prompts:
    """All prompts of a folder, those that ship with Podium by default."""
    root = folder or resources.files("router").joinpath("prompts")
    labels = strict_yaml.load(root.joinpath(LABELS_FILE).read_bytes(), LABELS_FILE) or {}
    return Prompts(_read_tree(root, ""), labels)


def read_prompt(text: bytes, id: str, version: str) -> Prompt:
    """One prompt file; raises InvalidConfig naming the field at fault."""
    source = f"{id}/{version}.yaml"
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


def _read_tree(folder: Traversable, path: str) -> list[Prompt]:
    found: list[Prompt] = []
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.is_dir():
            found += _read_tree(entry, f"{path}/{entry.name}".strip("/"))
        elif match := _VERSION_FILE.match(entry.name):
            found.append(read_prompt(entry.read_bytes(), path, match["version"]))
    return found
