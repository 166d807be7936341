"""Each overlay renders, fits the published schemas, and says what the code and the policy say."""

from __future__ import annotations

import functools
import importlib.util
import re
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from deployments.config_check import settings_in_file
from deployments.home import Home
from deployments.port_block import PortBlock
from deployments.ray_environment import RunFolder, ray_environment
from deployments.settings import Settings
from models.errors import InvalidConfig
from models.quiet import quiet_environment
from router.telemetry import TABLE
from tests.unit.k8s.manifests import (
    OVERLAYS,
    ROOT,
    Manifest,
    crd_schema,
    groups,
    of_kind,
    pod,
    ray_service,
    rendered,
)

KUBERNETES = "1.33"
PLAIN = {
    "ConfigMap", "Namespace", "NetworkPolicy", "PersistentVolumeClaim", "PodDisruptionBudget",
    "Service", "StatefulSet",
}  # fmt: skip
# Of a single machine: ports that must not meet another instance's, and addresses of loopback.
ONE_MACHINE = re.compile(
    r"_PORT$|OSX_CLUSTER|^TMPDIR$|^VLLM_HOST_IP$|^RAY_AUTH_TOKEN_PATH$|HEALTH_CHECK_FALL|OBSERVE_MARK_DOWN"
)
BALANCE = "RAY_SERVE_HAPROXY_BALANCE_ALGORITHM"
METRIC = re.compile(r"\bpodium_[a-z_]+")

overlays = pytest.mark.parametrize("overlay", OVERLAYS)


def faults(manifest: Manifest) -> list[str]:
    """What Kubernetes' own schemas hold against a manifest."""
    try:
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        return [str(error.message)]
    return []


@functools.cache
def ray_validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(crd_schema())


def ray_faults(manifest: Manifest) -> list[str]:
    return [
        f"{error.json_path}: {error.message}" for error in ray_validator().iter_errors(manifest)
    ]


@overlays
def test_plain_manifests_fit_kubernetes_schemas(overlay: str) -> None:
    plain = [one for one in rendered(overlay) if one["kind"] in PLAIN]
    assert {one["kind"] for one in plain} == PLAIN
    assert [fault for one in plain for fault in faults(one)] == []
    planted = plain[-1] | {"spec": {"replica": 3}}
    assert faults(planted)


@overlays
def test_the_ray_service_fits_the_published_schema(overlay: str) -> None:
    service = ray_service(overlay)
    assert ray_faults(service) == []
    service["spec"]["rayClusterConfig"]["headGroupSpec"]["template"]["spec"]["volumez"] = []
    service["spec"]["rayClusterConfig"]["authOptions"]["mode"] = "open"
    assert len(ray_faults(service)) == 2


@overlays
def test_pods_of_ray_are_plain_kubernetes_pods(overlay: str) -> None:
    for name, group in groups(ray_service(overlay)).items():
        made = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name},
            "spec": pod(group),
        }
        assert faults(made) == [], name


@overlays
def test_what_serve_is_told_are_settings(overlay: str, tmp_path: Path) -> None:
    config = serve_config(overlay)
    settings = settings_of(config, tmp_path)
    assert settings.gateway.replicas >= 2
    config["applications"][0]["args"]["gatewy"] = {}
    with pytest.raises(InvalidConfig, match="gatewy"):
        settings_of(config, tmp_path)


@overlays
def test_every_placement_has_nodes_with_its_labels(overlay: str, tmp_path: Path) -> None:
    service = ray_service(overlay)
    labels = [group.get("labels", {}) for group in groups(service).values()]
    placement = settings_of(serve_config(overlay), tmp_path).placement.model_dump()
    for role, wanted in placement.items():
        if role == "egress" and not wanted:
            continue
        assert wanted, f"{role} could run anywhere, beside the gate too"
        assert any(wanted.items() <= found.items() for found in labels), role


@overlays
def test_every_pod_has_the_environment_of_the_code(overlay: str, tmp_path: Path) -> None:
    """What `podium up` sets stands in the manifest, but for what is of one machine."""
    ports = PortBlock(20_000, None)  # type: ignore[arg-type]
    code = ray_environment(Home(tmp_path), RunFolder(tmp_path), ports)
    wanted = {name for name in code if not ONE_MACHINE.search(name)}
    for name, group in groups(ray_service(overlay)).items():
        (container,) = pod(group)["containers"]
        given = {row["name"]: row.get("value") for row in container["env"]}
        assert wanted - given.keys() == set(), name
        assert given[BALANCE] == code[BALANCE], name
        assert quiet_environment().items() <= given.items(), name


@overlays
def test_providers_keys_reach_the_gate_alone(overlay: str) -> None:
    holders = {
        name
        for name, group in groups(ray_service(overlay)).items()
        if any("podium-providers" in str(volume) for volume in pod(group)["volumes"])
    }
    assert holders == ({"egress"} if overlay == "gpu" else set())


@overlays
def test_every_container_is_closed(overlay: str) -> None:
    bodies = [pod(group) for group in groups(ray_service(overlay)).values()]
    bodies += [one["spec"]["template"]["spec"] for one in of_kind(overlay, "StatefulSet")]
    for body in bodies:
        for container in (*body["containers"], *body.get("initContainers", ())):
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"] and not security["allowPrivilegeEscalation"]
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]
        assert body["securityContext"]["runAsNonRoot"]


@overlays
def test_only_the_overlay_with_a_gate_has_a_way_out(overlay: str) -> None:
    policies = of_kind(overlay, "NetworkPolicy")
    outside = [one["metadata"]["name"] for one in policies if "ipBlock" in str(one["spec"])]
    assert outside == (["podium-egress"] if overlay == "gpu" else [])
    (closed,) = [one for one in policies if one["metadata"]["name"] == "podium-closed"]
    assert closed["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in closed["spec"] and "egress" not in closed["spec"]


def test_what_is_made_from_the_policy_is_what_the_policy_says() -> None:
    spec = importlib.util.spec_from_file_location("k8s_pages", ROOT / ".ci" / "k8s.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for path, text in module.pages().items():
        assert path.read_text() == text, f"{path.name} is out of date: run `make k8s`"


def test_the_air_gapped_overlay_takes_images_from_one_registry() -> None:
    images = {
        container["image"]
        for group in groups(ray_service("airgap")).values()
        for container in (*pod(group)["containers"], *pod(group)["initContainers"])
    } | {
        container["image"]
        for one in of_kind("airgap", "StatefulSet")
        for container in one["spec"]["template"]["spec"]["containers"]
    }
    assert len({image.split("/")[0] for image in images}) == 1


def test_dashboards_and_alerts_ask_for_metrics_that_exist() -> None:
    known = {metric.name for metric in TABLE}
    folder = ROOT / "k8s" / "components" / "monitoring"
    for page in ("alerts.yaml", "podium.json"):
        asked = {bare(name) for name in METRIC.findall((folder / page).read_text())}
        assert asked and asked <= known, asked - known
    assert bare("podium_ttft_seconds_bucket") in known and bare("podium_planted") not in known


def bare(name: str) -> str:
    """The metric behind a series of a histogram."""
    return re.sub(r"_(bucket|sum|count)$", "", name)


def serve_config(overlay: str) -> Any:
    return yaml.safe_load(ray_service(overlay)["spec"]["serveConfigV2"])


def settings_of(config: Any, folder: Path) -> Settings:
    page = folder / "serve_config.yaml"
    page.write_text(yaml.safe_dump(config))
    return settings_in_file(page)
