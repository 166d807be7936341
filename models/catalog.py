"""Model cards: which models there are, where they run, what they can do and may see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from models.errors import InvalidConfig, ModelNotFound
from models.pricing import own_tariff, tariff_of
from models.strict_yaml import load, parse
from models.tariff import Tariff

Dialect = Literal[
    "vllm",
    "ray_serve_llm",
    "transformers",
    "whisper",
    "embedder",
    "diffusers",
    "openai_compatible",
    "anthropic",
    "gemini",
    "images",
    "gemini_images",
    "imagine",
    "copilot",
]
Kind = Literal["chat", "speech", "embedding", "image"]
_LOCAL_KINDS: Mapping[str, Kind] = {
    "vllm": "chat",
    "ray_serve_llm": "chat",
    "transformers": "chat",
    "whisper": "speech",
    "embedder": "embedding",
    "diffusers": "image",
    "images": "image",
    "gemini_images": "image",
    "imagine": "image",
}
_LOCAL = ("vllm", "ray_serve_llm", "transformers", "whisper", "embedder", "diffusers")
_STRICT = ConfigDict(extra="forbid", frozen=True)


class Clearance(BaseModel):
    """The highest data a model may see; categories "all" means every category."""

    model_config = _STRICT

    level: Literal["PUBLIC", "INTERNAL", "CONFIDENTIAL", "RESTRICTED"]
    categories: Literal["all"] | frozenset[str] = frozenset()


def _exact(value: object) -> object:
    return Decimal(str(value)) if isinstance(value, float) else value


Money = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, le=1_000_000)]


class Price(BaseModel):
    """Money for a million tokens, an accelerator's second or a picture, and the day of the look.

    Cached and reasoning tokens cost like others where nothing is said. It is exact: YAML's numbers
    are read as the decimals they are written as.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    input: Money = Field(default=Decimal(0), alias="in")
    output: Money = Field(default=Decimal(0), alias="out")
    cached: Money | None = None
    reasoning: Money | None = None
    gpu_second: Money = Decimal(0)
    image: Money = Decimal(0)
    currency: str = "USD"
    checked: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")

    @field_validator("checked", mode="before")
    @classmethod
    def _day(cls, value: object) -> object:
        return value.isoformat() if isinstance(value, date) else value

    @model_validator(mode="after")
    def _says_something(self) -> Price:
        if not self.model_fields_set & {"input", "output", "gpu_second", "image"}:
            raise ValueError("names neither `in` and `out` nor `gpu_second` nor `image`")
        if ("input" in self.model_fields_set) != ("output" in self.model_fields_set):
            raise ValueError("`in` and `out` belong together")
        return self

    @cached_property
    def tariff(self) -> Tariff:
        """What such a row charges, whenever it is; made once, for every decision asks."""
        return own_tariff(self)


class ModelCard(BaseModel):
    """One row of the catalog. `path` is a folder, or `package:NAME/FOLDER` inside a package.

    A row with a `base` is a LoRA adapter, which the engine of that row carries.
    `checked` is the day on which somebody last looked whether the vendor still has it so.
    """

    model_config = _STRICT

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    dialect: Dialect
    path: str | None = None
    base: str | None = None
    base_url: str | None = None
    vendor_model: str | None = None
    key_env: str | None = None
    site: str = "local"
    region: str | None = None
    clearance: Clearance
    capabilities: frozenset[str] = frozenset()
    window: int | None = Field(default=None, ge=1)
    checked: date | None = None
    price: Price | None = None
    licence: str | None = None
    digest: str | None = Field(default=None, pattern=r"^sha256:[0-9a-f]{64}$")
    allow_insecure: bool = False
    hedge: bool = False
    engine: dict[str, Any] = Field(default_factory=dict)
    affinity: Literal["none", "conversation"] = "none"
    replicas: int = Field(default=1, ge=0)
    num_cpus: float = Field(default=1.0, ge=0)
    num_gpus: float = Field(default=0.0, ge=0)

    @property
    def kind(self) -> Kind:
        """What the model answers."""
        return _LOCAL_KINDS.get(self.dialect, "chat")

    @property
    def is_local(self) -> bool:
        """Whether its weights run inside this cluster."""
        return self.dialect in _LOCAL

    @property
    def tariff(self) -> Tariff:
        """What it charges now."""
        return tariff_of(self)

    @model_validator(mode="after")
    def _affinity_is_of_chat_here(self) -> ModelCard:
        if self.affinity != "none" and not (self.is_local and self.kind == "chat"):
            raise ValueError("affinity is for chat models that run here")
        return self

    @field_validator("base_url")
    @classmethod
    def _url_has_scheme(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("https://", "http://")):
            raise ValueError("must start with https:// (or http:// with allow_insecure)")
        return value


class Catalog:
    """All model cards by id; a card may also be found by its vendor's id."""

    def __init__(self, cards: Iterable[ModelCard]) -> None:
        self._cards = {card.id: card for card in cards}
        self._vendor = {c.vendor_model: c.id for c in self._cards.values() if c.vendor_model}

    def __iter__(self) -> Iterator[ModelCard]:
        return iter(self._cards.values())

    def __contains__(self, model: str) -> bool:
        return model in self._cards or model in self._vendor

    def card(self, model: str) -> ModelCard:
        """The card of that id; raises ModelNotFound."""
        found = self._cards.get(self._vendor.get(model, model))
        if found is None:
            raise ModelNotFound(
                f"There is no model '{model}'. GET /v1/models lists the models of this server.",
                param="model",
            )
        return found

    def of_kind(self, kind: Kind) -> tuple[ModelCard, ...]:
        """The cards of that kind, in catalog order."""
        return tuple(card for card in self._cards.values() if card.kind == kind)


def builtin_catalog() -> Path:
    """The folder of the catalog rows that ship with Podium."""
    return Path(str(files("models"))) / "catalog"


def load_catalog(folders: Iterable[Path]) -> Catalog:
    """Read every *.yaml of the folders; a later row replaces an earlier one of the same id."""
    cards: dict[str, ModelCard] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.yaml")):
            cards |= {card.id: card for card in read_rows(path)}
    return Catalog(cards.values())


def read_rows(path: Path) -> tuple[ModelCard, ...]:
    """The rows of one file; raises InvalidConfig naming file, row and field."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise InvalidConfig(f"{path.name} can't be read: {error}", param=path.name) from error
    rows = load(text, path.name)
    if not isinstance(rows, list):
        raise InvalidConfig(f"{path.name} must be a list of models.", param=path.name)
    cards = tuple(parse(ModelCard, row, f"{path.name} row {n + 1}") for n, row in enumerate(rows))
    ids = [card.id for card in cards]
    for card in cards:
        _check_insecure(path, card)
        if ids.count(card.id) > 1:
            raise InvalidConfig(
                f"{path.name} has two rows with the id {card.id}; give one another name.",
                param="id",
            )
    return cards


def _check_insecure(path: Path, card: ModelCard) -> None:
    if card.base_url is None or card.base_url.startswith("https://"):
        return
    host = card.base_url.removeprefix("http://").split("/")[0].rsplit(":", 1)[0]
    if host not in ("127.0.0.1", "localhost", "[::1]") or not card.allow_insecure:
        raise InvalidConfig(
            f"{path.name}, model {card.id}: base_url may be plain http only on loopback and with"
            " allow_insecure: true.",
            param="base_url",
        )
