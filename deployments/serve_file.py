"""The shape of serve_config.yaml: what Ray Serve would take silently and not do is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

BUILDER = "deployments.app:build"
_STRICT = ConfigDict(extra="forbid", frozen=True)


class HttpOptions(BaseModel):
    """Where Serve takes requests in."""

    model_config = _STRICT

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    root_path: str = ""
    keep_alive_timeout_s: int = Field(default=5, ge=1)
    request_timeout_s: float | None = Field(default=None, gt=0)


class GrpcOptions(BaseModel):
    """Serve's own gRPC ingress, which Podium does not use."""

    model_config = _STRICT

    port: int = Field(default=9000, ge=1, le=65535)
    grpc_servicer_functions: tuple[str, ...] = ()


class Logging(BaseModel):
    """Serve's own logs; Podium's are in the home."""

    model_config = _STRICT

    encoding: Literal["TEXT", "JSON"] = "TEXT"
    log_level: str | int = "WARNING"
    logs_dir: str | None = None
    enable_access_log: bool = False


class Deployment(BaseModel):
    """What may be laid over the deployment of that name, without a change of `args`."""

    model_config = _STRICT

    name: str
    num_replicas: int | Literal["auto"] | None = None
    max_ongoing_requests: int | None = Field(default=None, ge=1)
    max_queued_requests: int | None = None
    user_config: Any = None
    autoscaling_config: Mapping[str, Any] | None = None
    graceful_shutdown_wait_loop_s: float | None = None
    graceful_shutdown_timeout_s: float | None = None
    health_check_period_s: float | None = None
    health_check_timeout_s: float | None = None
    ray_actor_options: Mapping[str, Any] | None = None
    rolling_update_percentage: float | None = Field(default=None, gt=0, le=1)
    max_surge_percent: int | None = Field(default=None, ge=0, le=100)


class Application(BaseModel):
    """One application; Podium's has `args`, which are its settings."""

    model_config = _STRICT

    name: str
    import_path: str
    route_prefix: str | None = "/"
    args: Mapping[str, Any] = Field(default_factory=dict)
    runtime_env: Mapping[str, Any] = Field(default_factory=dict)
    deployments: tuple[Deployment, ...] = ()
    logging_config: Logging | None = None
    external_scaler_enabled: bool = False


class ServeFile(BaseModel):
    """The whole file."""

    model_config = _STRICT

    proxy_location: Literal["Disabled", "HeadOnly", "EveryNode"] = "EveryNode"
    http_options: HttpOptions = HttpOptions()
    grpc_options: GrpcOptions | None = None
    logging_config: Logging | None = None
    target_capacity: float | None = Field(default=None, ge=0, le=100)
    applications: tuple[Application, ...]
