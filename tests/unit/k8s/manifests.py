"""The manifests of an overlay, as `kubectl kustomize` renders them."""

from __future__ import annotations

import copy
import functools
import gzip
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
OVERLAYS = ("airgap", "cpu", "gpu")
CRD = ROOT.parent / "shared" / "data" / "k8s" / "ray.io_rayservices.crd.yaml.gz"

# The same safe loader in C where libyaml is there: the schema has two megabytes.
_FAST = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Manifest = dict[str, Any]


@functools.cache
def _rendered(overlay: str) -> str:
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed: it renders the overlays")
    done = subprocess.run(
        ["kubectl", "kustomize", str(ROOT / "k8s" / "overlays" / overlay)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def rendered(overlay: str) -> list[Manifest]:
    """Every manifest of the overlay, a fresh copy."""
    return [one for one in yaml.safe_load_all(_rendered(overlay)) if one]


def of_kind(overlay: str, kind: str) -> list[Manifest]:
    return [one for one in rendered(overlay) if one["kind"] == kind]


def ray_service(overlay: str) -> Manifest:
    (found,) = of_kind(overlay, "RayService")
    return found


def groups(service: Manifest) -> dict[str, Manifest]:
    """The worker groups by name, and the head."""
    cluster = service["spec"]["rayClusterConfig"]
    return {one["groupName"]: one for one in cluster["workerGroupSpecs"]} | {
        "head": cluster["headGroupSpec"]
    }


def pod(group: Manifest) -> Manifest:
    spec: Manifest = group["template"]["spec"]
    return spec


def crd_schema() -> Manifest:
    """The schema of RayService v1 as published, closed: what it does not name is wrong."""
    if not CRD.is_file():
        pytest.skip("shared/data/k8s is not here: it has the published schema of RayService")
    with gzip.open(CRD) as file:
        crd = yaml.load(file, Loader=_FAST)  # noqa: S506 - a safe loader either way
    (schema,) = [
        version["schema"]["openAPIV3Schema"]
        for version in crd["spec"]["versions"]
        if version["name"] == "v1"
    ]
    return closed(copy.deepcopy(schema))


def closed(schema: Any) -> Any:
    """The API server prunes unknown fields in silence; here they are faults."""
    if isinstance(schema, dict):
        named = isinstance(schema.get("properties"), dict)
        if named and "additionalProperties" not in schema:
            schema["additionalProperties"] = bool(
                schema.get("x-kubernetes-preserve-unknown-fields")
            )
        for value in schema.values():
            closed(value)
        for bare in ("metadata",):
            inner = schema.get("properties", {}).get(bare) if named else None
            if isinstance(inner, dict) and not inner.get("properties"):
                inner.pop("additionalProperties", None)
    elif isinstance(schema, list):
        for value in schema:
            closed(value)
    return schema
