"""Policy: labels of sources, who may receive what, and why not."""

from __future__ import annotations

import pytest

from models.errors import InvalidConfig
from router.label import TOP, Clearance, Integrity, Label, Level
from router.policy import Policy
from router.policy_file import DEFAULT, default_policy, load_policy
from tests.scripted_world import card

POLICY = default_policy()
TEXT = b"""
version: 1
sources:
  user: {level: INTERNAL, integrity: USER}
  kb: {level: INTERNAL, integrity: TRUSTED}
  kb_public: {level: PUBLIC, integrity: TRUSTED}
  crm: {level: CONFIDENTIAL, categories: [pii]}
  voice_in: {level: CONFIDENTIAL, categories: [pii]}
  mail: {level: CONFIDENTIAL, categories: [pii]}
  tool: {level: INTERNAL}
  web: {level: INTERNAL}
  model_remote: {level: INTERNAL}
sites:
  local: {level: RESTRICTED, categories: all}
  remote: {level: INTERNAL, categories: []}
sinks:
  runs: {level: RESTRICTED, categories: all}
  memory: {level: CONFIDENTIAL, categories: [pii]}
  cache: {level: INTERNAL}
  traces: {level: PUBLIC}
  logs: {level: PUBLIC}
  webhooks: {level: PUBLIC}
  downloads: {level: PUBLIC}
"""


@pytest.mark.parametrize(
    ("source", "level", "integrity", "categories"),
    [
        ("user", Level.INTERNAL, Integrity.USER, set()),
        ("kb", Level.INTERNAL, Integrity.TRUSTED, set()),
        ("kb_public", Level.PUBLIC, Integrity.TRUSTED, set()),
        ("crm", Level.CONFIDENTIAL, Integrity.TRUSTED, {"pii"}),
        ("voice_in", Level.CONFIDENTIAL, Integrity.USER, {"pii"}),
        ("mail", Level.CONFIDENTIAL, Integrity.UNTRUSTED, {"pii"}),
        ("tool", Level.INTERNAL, Integrity.UNTRUSTED, set()),
        ("web", Level.INTERNAL, Integrity.UNTRUSTED, set()),
        ("model_remote", Level.INTERNAL, Integrity.UNTRUSTED, set()),
    ],
)
def test_default_sources(
    source: str, level: Level, integrity: Integrity, categories: set[str]
) -> None:
    label = POLICY.source(source)
    assert (label.level, label.integrity, set(label.categories)) == (level, integrity, categories)


def test_any_other_source_is_the_top() -> None:
    assert POLICY.source("dropbox") == TOP


def test_a_tenant_joins_in() -> None:
    assert POLICY.source("user", "acme").tenants == {"acme"}


def test_inside_everything_is_eligible_and_outside_internal_data_without_categories() -> None:
    inside, outside = card("mistral"), card("claude", site="remote", dialect="anthropic")
    assert POLICY.eligible(inside, TOP).ok
    assert POLICY.eligible(outside, POLICY.source("user")).ok
    denied = POLICY.eligible(outside, POLICY.source("crm"))
    assert (denied.ok, denied.rule) == (False, "sites.remote.level")
    labelled = POLICY.eligible(outside, Label(categories=frozenset({"pii"})))
    assert labelled.rule == "sites.remote.categories"
    assert "pii" in labelled.reason


def test_a_site_without_a_clearance_receives_nothing() -> None:
    assert POLICY.eligible(card("m", site="local"), Label()).ok
    assert POLICY.eligible(card("m", site="elsewhere"), Label()).rule == "sites"


def test_the_policys_row_for_a_model_narrows_its_site() -> None:
    model, label = card("mistral"), POLICY.source("crm")
    assert POLICY.eligible(model, label).ok
    narrowed = Policy(
        1, "d", POLICY.sources, POLICY.sites, POLICY.sinks, {"mistral": Clearance(Level.INTERNAL)}
    )
    assert narrowed.eligible(model, label).rule == "models.mistral.level"


def test_the_catalog_narrows_too() -> None:
    label = POLICY.source("crm")
    assert POLICY.eligible(card("m"), label).ok
    timid = card("m", clearance={"level": "PUBLIC"})
    assert POLICY.eligible(timid, label).rule == "catalog.m.level"
    narrow = card("m", clearance={"level": "RESTRICTED", "categories": ["phi"]})
    assert POLICY.eligible(narrow, label).rule == "catalog.m.categories"


def test_a_remote_model_of_unknown_region_is_in_no_region() -> None:
    label = Label(regions=frozenset({"eu"}))
    assert POLICY.eligible(card("a", site="remote", region="eu"), label).ok
    assert POLICY.eligible(card("b", site="remote"), label).rule == "sites.remote.regions"
    assert POLICY.eligible(card("c"), label).ok


def test_sinks() -> None:
    assert POLICY.may_reach("runs", TOP)
    assert POLICY.may_reach("logs", Label())
    assert not POLICY.may_reach("logs", POLICY.source("user"))
    assert not POLICY.may_reach("printer", Label())


def test_the_digest_is_of_the_bytes() -> None:
    assert load_policy(TEXT).digest != load_policy(TEXT + b"\n# said more\n").digest


@pytest.mark.parametrize(
    ("old", "new", "field", "says"),
    [
        (b"version: 1", b"version: 0", "version", "greater"),
        (b"version: 1", b"colour: red", "version", "is missing"),
        (b"version: 1", b"version: 1\nversion: 1", None, "twice"),
        (b"level: RESTRICTED", b"level: SECRET", "sites.local.level", "PUBLIC"),
        (b"  web: {level: INTERNAL}\n", b"", None, "sources lacks web"),
        (b"  local: {level", b"  inner: {level", None, "sites lacks local"),
        (b"  logs: {level: PUBLIC}\n", b"", None, "sinks lacks logs"),
        (b"crm: {level", b"crm: {shade: 1, level", "sources.crm.shade", "no field"),
        (b"[pii]}\n  voice", b"[pie]}\n  voice", "sources.crm.categories", "pie"),
        (b"categories: []", b"categories: all", "sites.remote.categories", "secret"),
        (b"categories: []", b"categories: [secret]", "sites.remote.categories", "secret"),
        (b"version: 1", b"version: &a 1\nmodels: {x: *a}", None, "aliases"),
        (b"version: 1", b"version: !!python/name:os.system 1", None, "not"),
    ],
)
def test_a_wrong_file_is_refused_with_its_field(
    old: bytes, new: bytes, field: str | None, says: str
) -> None:
    assert old in TEXT
    assert load_policy(TEXT).version == 1
    with pytest.raises(InvalidConfig) as caught:
        load_policy(TEXT.replace(old, new, 1))
    assert caught.value.param == field
    assert says in caught.value.message
    assert DEFAULT in caught.value.message
