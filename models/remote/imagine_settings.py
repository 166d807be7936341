"""What a row of the catalog says about a server that makes pictures as jobs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator, model_validator

from models.remote.wire_settings import WireSettings

Path = Annotated[str, Field(pattern=r"^(/[A-Za-z0-9_.~-]+)+$", max_length=200)]
PollPath = Annotated[str, Field(pattern=r"^(/([A-Za-z0-9_.~-]+|\{id\}))+$", max_length=200)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")]
Place = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$", max_length=200)]
Host = Annotated[str, Field(pattern=r"^[a-z0-9.-]+(:\d{1,5})?$", max_length=260)]


class ImagineSettings(WireSettings):
    """The `engine:` of a catalog row with dialect imagine.

    A request is a POST of JSON to `submit_path`; its fields have the names given, and those that
    are None the server does not know. `fixed` is sent with every request. `id_at`, `status_at` and
    `assets_at` are places in the answers, names with dots between them; a number picks from a list.
    `done` and `failed` are the words for an end. Pictures are fetched from `asset_hosts` alone, by
    https, without the key; on loopback and with `allow_insecure` by http. These must have public
    addresses unless `private_assets` says that they are your own. In `webhook_field` the server is
    told where to call when a job has ended: at `webhook_url`, where it reaches this Podium.
    """

    response_bytes: int = Field(default=32 * 1024 * 1024, ge=1024)
    submit_path: Path
    poll_path: PollPath
    prompt_field: Name = "prompt"
    model_field: Name | None = None
    n_field: Name | None = None
    size_field: Name | None = None
    quality_field: Name | None = None
    seed_field: Name | None = None
    format_field: Name | None = None
    webhook_field: Name | None = None
    webhook_url: Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.:-]+$")] | None = None
    fixed: dict[Name, str | int | bool] = Field(default_factory=dict)
    id_at: Place = "id"
    status_at: Place = "status"
    assets_at: Place
    model_at: Place | None = None
    done: tuple[str, ...] = Field(min_length=1)
    failed: tuple[str, ...] = Field(min_length=1)
    asset_hosts: tuple[Host, ...] = Field(min_length=1)
    private_assets: bool = False
    key_header: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")] = "authorization"
    key_prefix: Annotated[str, Field(pattern=r"^[A-Za-z]* ?$")] = "Bearer "

    @field_validator("poll_path")
    @classmethod
    def _names_the_job(cls, value: str) -> str:
        if value.count("{id}") != 1:
            raise ValueError("must hold {id} once")
        return value

    @model_validator(mode="after")
    def _a_webhook_is_whole(self) -> ImagineSettings:
        if (self.webhook_field is None) != (self.webhook_url is None):
            raise ValueError("webhook_field and webhook_url belong together")
        return self

    @property
    def fields(self) -> frozenset[str]:
        """Every field that a body may have."""
        named = (
            self.prompt_field, self.model_field, self.n_field, self.size_field,
            self.quality_field, self.seed_field, self.format_field, self.webhook_field,
        )  # fmt: skip
        return frozenset(name for name in named if name) | frozenset(self.fixed)
