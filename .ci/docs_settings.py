"""Writes docs/reference/settings.md from the settings' own model."""

from __future__ import annotations

from docs_fields import table

from deployments.settings import Settings, profile_names
from router.scaling.settings import Scaling

PAGE = "settings.md"
INTRODUCTION = """# Settings

<!-- Made by .ci/docs_settings.py from deployments/settings.py; change that, then `make docs`. -->

A setting is taken from the first of these that has it:

1. a flag of `podium up` (`--port`, `--profile`, `--policy`, …);
2. an environment variable: `PODIUM_PORT=8500`, and `PODIUM_GATEWAY__REPLICAS=2` for
   `gateway.replicas`; values are JSON, or plain text;
3. `settings.yaml` in the home;
4. the profile.

Mappings are merged, everything else is replaced. An unknown field is an error that names it.
`podium config show` prints what is in force, `podium config check` looks at everything without
starting anything, `podium config schema` prints the JSON schema. `serve_config.yaml` carries the
same fields under `args`.
"""
MEANINGS = {
    "home": "The folder of all state; `podium` takes it from `--home` or `PODIUM_HOME`.",
    "profile": "The set of settings below these.",
    "host": "Address to listen on.",
    "port": "Port to listen on; 0 picks one.",
    "models": "Catalog rows to run here.",
    "catalog": "Further folders of catalog rows; a later row replaces an earlier one of its id.",
    "policy": "The policy file; by default the one that ships with Podium.",
    "ledger": "Where the ledger lies: `postgresql://user@host/name`; by default in the home.",
    "pipelines": "Further folders of pipelines; a later one replaces an earlier one of its name.",
    "prompts": "Further folders of prompts; a later version or label replaces an earlier one.",
    "schemas": "Further folders of schemas; a later one replaces an earlier one of its name.",
    "gpu_second_usd": "US dollars for a second of an accelerator (or CPU engine), for local rows"
    " without a `price`.",
    "gpu_memory_gib": "Memory of each GPU, where models run on other machines: what does not fit"
    " is refused; by default this machine's GPUs are asked.",
    "remote": "Models outside: `on` serves rows whose key is there, `stub` leads to our own stub.",
    "outside": "The rows that `remote: on` serves, where the keys are not seen at deployment; by"
    " default those whose key is there.",
    "placement.gateway": "Labels of the nodes that take gateways in; none means any node.",
    "placement.models": "The same for models that run here.",
    "placement.retriever": "The same for the Retriever.",
    "placement.state": "The same for State.",
    "placement.egress": "The same for the gate.",
    "scaling": "By model, between how many replicas it may have and when that changes: below.",
    "gateway.replicas": "Gateways; fixed while running, for scaling would cut long streams.",
    "gateway.num_cpus": "CPUs that Ray sets aside for each.",
    "gateway.limits.body_bytes": "Largest request body.",
    "gateway.limits.messages": "Messages in one chat request.",
    "gateway.limits.characters": "Characters in all of them.",
    "gateway.limits.choices": "Largest `n`.",
    "gateway.limits.tools": "Tools in one request.",
    "gateway.limits.stops": "Stop sequences in one request.",
    "gateway.limits.picture_bytes": "Size of one picture.",
    "gateway.limits.pictures": "Pictures in one message.",
    "gateway.limits.embeddings_inputs": "Texts in one embeddings request.",
    "gateway.limits.audio_bytes": "Largest audio file.",
    "gateway.limits.audio_seconds": "Longest audio, and longest live line.",
    "gateway.limits.live_message_bytes": "Largest event of a live line, in characters.",
    "gateway.limits.request_seconds": "Longest any request may take.",
    "gateway.limits.body_pause_seconds": "Longest a client may pause while it sends a body.",
    "gateway.limits.in_flight": "Requests at once in one gateway; above it 429.",
    "gateway.pings.first": "Seconds after which a silent stream opens without an event.",
    "gateway.pings.every": "Seconds between comments on a silent stream.",
    "gateway.presidio": "Languages, such as `en`, in which Presidio's patterns read requests and"
    " runs too; none without the extra `presidio`.",
    "retriever.embedder": "The catalog row whose vectors the collections hold.",
    "retriever.collection.mode": "How hits are ranked.",
    "retriever.collection.k": "Hits when a search does not say how many.",
    "retriever.collection.chunk_tokens": "Largest chunk, in estimated tokens.",
    "retriever.collection.overlap": "Share of a chunk that stands in the next one too.",
    "retriever.collection.split_headings": "Every section its own chunk.",
    "retriever.collection.rrf_k": "Constant of reciprocal rank fusion.",
    "retriever.collection.dense_weight": "What the dense ranking counts in the fusion; the lexical"
    " one counts the rest.",
    "retriever.collection.depth": "Candidates that each ranking gives to the fusion.",
    "retriever.store": "A PostgreSQL with pgvector for the documents: `postgresql://user@host/name`;"
    " by default they lie in the home.",
    "retriever.hnsw.m": "Links of a vector in its index, kept from when a collection is made.",
    "retriever.hnsw.ef_construction": "Candidates as it grows, at least twice `m`; kept as well.",
    "retriever.hnsw.ef_search": "Candidates of a search: more find more, and take longer.",
    "retriever.hnsw.max_scan_tuples": "Vectors after which a search that a filter lets find too few"
    " stops asking the index, and scores all that are allowed.",
    "retriever.hnsw.exact_limit": "Up to so many allowed chunks are scored one by one.",
    "retriever.num_cpus": "CPUs that Ray sets aside for it.",
    "retriever.sources": "Structured sources by name: `crm`, or a YAML file of queries.",
    "logical_cpus": "CPUs that Ray counts on this machine; sums of `num_cpus` must fit.",
    "object_store_mib": "Ray's shared memory.",
}


SCALING = """
## Scaling

`scaling` names models that run here. One that is not named has as many replicas as its row's
`replicas`. [Scaling](../how-to/scaling.md) says how the number is found.
"""
SCALING_MEANINGS = {
    "min_replicas": "Fewest replicas; with 0 the model sleeps when nobody asks.",
    "max_replicas": "Most replicas.",
    "requests_each": "Requests, running and waiting, that keep one replica busy enough; by default"
    " three quarters of what its engine takes at once.",
    "kv_cache_each": "Share of its key-value cache that does so too.",
    "up_after_s": "Seconds for which more must have been needed.",
    "down_after_s": "Seconds for which fewer must have been enough.",
    "down_share": "Fewer are enough where each would have this share of the load it may have.",
    "idle_after_s": "Seconds without a request before the last one goes, with `min_replicas` 0.",
    "wait_s": "Longest a request waits for a sleeping model; who would wait longer is told so.",
    "queue": "Requests that wait so in each gateway.",
    "warm": "Hours with more: a list of `replicas`, `start` and `end` (HH:MM), `days`"
    " (`mon` to `sun`).",
    "timezone": "Where those hours are told.",
}


def page() -> str:
    """The whole page."""
    profiles = ", ".join(f"`{name}`" for name in profile_names())
    settings, scaling = table(Settings, MEANINGS), table(Scaling, SCALING_MEANINGS)
    return "\n".join([INTRODUCTION, f"Profiles: {profiles}.\n", settings, SCALING, scaling, ""])
