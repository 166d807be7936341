"""The overlay `gpu` of k8s/ on the nodes of one machine, without a GPU and with a stub outside."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx2
import yaml

from deployments.cluster_home import prepare_home, prepare_state
from deployments.config_check import settings_in_file
from deployments.home import Home
from deployments.stub.child import start_stub
from models.catalog import builtin_catalog, load_catalog
from tests.serve.cluster.nodes import Cluster

ROOT = Path(__file__).parents[3]
OVERLAY = ROOT / "k8s" / "overlays" / "gpu" / "serve_config.yaml"
POLICY = ROOT / "k8s" / "base" / "policy.yaml"
WORKERS = ("gateway", "models", "state", "egress")
PROVIDER_KEY = "sk-of-the-provider-4f1d"  # the stub takes any
READY_S = 100.0
PIPELINE = """
name: polish
version: 1
input:
  text: Text
steps:
  reply:
    use: generate
    prompt: support/polish@prod
    with: {reply: input.text}
    route: {model: mistral}
output: {reply: reply}
"""
# Where the configuration of the tests is not the overlay's, and no other place.
CHANGED = frozenset(
    {
        "http_options.host", "http_options.port", "args.home", "args.policy", "args.catalog",
        "args.models", "args.prompts", "args.pipelines", "args.gateway.num_cpus",
        "args.retriever.num_cpus",
    }
)  # fmt: skip


@dataclass
class Site:
    """One cluster with what is mounted on its nodes."""

    cluster: Cluster
    folder: Path

    @property
    def policy(self) -> Path:
        """The policy that every node has mounted."""
        return self.folder / "etc" / "policy.yaml"

    @property
    def prompts(self) -> Path:
        """The prompts that every node has mounted."""
        return self.folder / "prompts"

    @property
    def file(self) -> Path:
        """The configuration that was deployed last."""
        return self.folder / "etc" / "serve_config.yaml"

    @property
    def key(self) -> str:
        """The first administrator's."""
        return Home(self.cluster.home_of("state")).first_key.read_text().strip()

    def config(self) -> dict[str, Any]:
        """The overlay's configuration with this machine's paths and sizes."""
        config: dict[str, Any] = yaml.safe_load(OVERLAY.read_text())
        config["http_options"] = {"host": "127.0.0.1", "port": self.cluster.http}
        args = arguments(config)
        args["home"] = str(self.cluster.home)
        args["policy"] = str(self.policy)
        args["catalog"] = [str(self.folder / "catalog")]
        args["prompts"] = [str(self.prompts)]
        args["pipelines"] = [str(self.folder / "pipelines")]
        args["models"] = ["mistral", "embed"]
        args["gateway"]["num_cpus"] = args["retriever"]["num_cpus"] = 0.25
        return config

    def write(self, config: Mapping[str, Any]) -> Path:
        """Keep it where it is deployed from."""
        self.file.write_text(yaml.safe_dump(dict(config)))
        return self.file

    def mount(self, base_url: str) -> None:
        """What nodes find in place before Ray starts there: policy, rows, secrets."""
        for folder in ("etc", "catalog", "secrets", "providers", "prompts", "pipelines"):
            (self.folder / folder).mkdir()
        (self.folder / "pipelines" / "polish.yaml").write_text(PIPELINE)
        self.policy.write_bytes(POLICY.read_bytes())
        (self.folder / "secrets" / "key_secret").write_text("5a" * 32)
        (self.folder / "providers" / "OPENAI_API_KEY").write_text(PROVIDER_KEY)
        (self.folder / "catalog" / "rows.yaml").write_text(json.dumps(_rows(base_url)))
        self.write(self.config())

    def prepare(self, name: str, role: str | None = None) -> None:
        """As the init container of that node's pod does; its role is its name if none is given."""
        providers = self.folder / "providers" if (role or name) == "egress" else None
        path = self.cluster.home_of(name)
        home = prepare_home(path, self.folder / "secrets", providers, lambda _: None)
        if name == "state":
            prepare_state(home, settings_in_file(self.file), lambda _: None)

    def deploy(self, config: Mapping[str, Any]) -> None:
        """`serve deploy`, which returns before anything is up."""
        done = self.cluster.tool("serve", "deploy", str(self.write(config)))
        assert done.returncode == 0, done.stderr[-2000:]

    @contextmanager
    def client(self, node: str = "head", key: str | None = None) -> Iterator[httpx2.Client]:
        """Plain HTTP through the proxy of a node, with the first key or another."""
        headers = {"authorization": f"Bearer {key or self.key}"}
        port = self.cluster.http if node == "head" else self.cluster.nodes[node].http
        with httpx2.Client(
            base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60.0, trust_env=False
        ) as made:
            yield made

    def wait_ready(self) -> None:
        """Return when all models answer."""
        until = time.monotonic() + READY_S
        with self.client() as client:
            while True:
                with suppress(httpx2.TransportError):
                    answer = client.get("/readyz")
                    if answer.status_code == 200:
                        return
                assert time.monotonic() < until, self.told()
                time.sleep(0.3)

    def told(self) -> str:
        """What Serve says about itself."""
        return self.cluster.tool("serve", "status").stdout[-4000:]


def raised(
    stack: ExitStack, folder: Path, cluster: Cluster | None = None,
    more: Mapping[str, str] = MappingProxyType({}),
) -> Site:  # fmt: skip
    """A site whose nodes have started, until `stack` ends; nothing is deployed yet.

    `more` are nodes besides the overlay's, by name, each with its role.
    """
    made = Site(cluster or Cluster(folder / "home"), folder)
    stack.callback(made.cluster.stop)
    made.mount(start_stub(stack, folder / "stub.jsonl"))
    for name in ("head", *WORKERS):
        made.prepare(name)
    made.cluster.start_head()
    for name in WORKERS:
        made.cluster.start_worker(name)
    for name, role in more.items():
        made.prepare(name, role)
        made.cluster.start_worker(name, role)
    return made


def arguments(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings in a configuration."""
    args: dict[str, Any] = config["applications"][0]["args"]
    return args


def chat(model: str, text: str = "Hello", **fields: Any) -> dict[str, Any]:
    """The body of a request for four tokens."""
    said = [{"role": "user", "content": text}]
    return {"model": model, "messages": said, "max_tokens": 4, **fields}


def differences(one: Any, other: Any, at: str = "") -> set[str]:
    """The dotted paths at which two documents are not the same."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        names = one.keys() | other.keys()
        found = [differences(one.get(n), other.get(n), f"{at}.{n}".strip(".")) for n in names]
        return set().union(*found)
    return set() if one == other else {at}


def _rows(base_url: str) -> list[dict[str, Any]]:
    """The reference model on the engine that starts soonest, and chatgpt on the stub."""
    catalog = load_catalog([builtin_catalog()])
    mistral, chatgpt = catalog.card("mistral"), catalog.card("chatgpt")
    engine = {"dtype": "float32", "max_num_seqs": 4}
    changed = (
        mistral.model_copy(update={"dialect": "transformers", "engine": engine}),
        chatgpt.model_copy(update={"base_url": base_url, "allow_insecure": True}),
    )
    return [one.model_dump(mode="json", by_alias=True, exclude_none=True) for one in changed]
