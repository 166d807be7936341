"""Where drawn pipelines run: a policy with sites of every clearance, models, prompts, schemas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from models.catalog import ModelCard
from router.label import TOP, Clearance, Integrity, Label, Level
from router.policy import Policy
from router.policy_rules import ActionRule
from router.prompts import Prompts, read_prompt
from router.schemas import load_schemas
from router.steps.kind import Library
from tests.acting_world import NOTE
from tests.scripted_world import LOCAL_CHAT, POLICY, card

TENANT = "acme"
NOW = 1_700_000_000.0
PII = frozenset({"pii"})

_ECHO = b"""
inputs: [message]
messages: [{role: user, content: "{{ message }}"}]
"""
_CITE = b"""
inputs: [passages, question]
messages:
  - role: user
    content: "{% for p in passages %}[{{ p.n }}] {{ p.text }} {% endfor %}Q: {{ question }}"
refusal: I cannot say.
"""
_PROMPTS = (read_prompt(_ECHO, "echo", "v1"), read_prompt(_CITE, "cite", "v1"))
LIBRARY = Library(Prompts({prompt.name: prompt for prompt in _PROMPTS}, {}), load_schemas())

# From the most to the least cleared; `sober` is for what nobody untrusted had a hand in.
SITES: Mapping[str, Clearance] = MappingProxyType(
    {
        "near": Clearance(Level.CONFIDENTIAL, PII),
        "far": Clearance(Level.INTERNAL),
        "sober": Clearance(Level.INTERNAL, integrity=Integrity.USER),
        "open": Clearance(Level.PUBLIC),
    }
)
GUARDED = replace(
    POLICY,
    digest="guarded",
    sites={"local": POLICY.sites["local"], **SITES},
    sources=POLICY.sources | {"press": Label(Level.PUBLIC)},
    actions={"crm_write": ActionRule("crm_write", Integrity.USER)},
)
UNGUARDED = replace(
    GUARDED,
    digest="unguarded",
    sites={name: Clearance(Level.RESTRICTED, None) for name in GUARDED.sites},
    sources=GUARDED.sources | {NOTE.place: TOP},
    actions={"crm_write": ActionRule("crm_write", Integrity.UNTRUSTED, approvals=0)},
)

_PRICE = {"input": 1000.0, "output": 1000.0}


def _outside(id: str, site: str, region: str, dialect: str = "openai_compatible") -> ModelCard:
    price = None if dialect == "whisper" else _PRICE
    return card(id, site=site, dialect=dialect, region=region, price=price)


CARDS = (
    card("inner"),
    card("costly", price=_PRICE),
    card("hush", capabilities=LOCAL_CHAT - {"json_schema"}),
    card("whisper", dialect="whisper"),
    _outside("partner", "near", "eu"),
    _outside("vendor", "far", "us"),
    _outside("strict", "sober", "eu"),
    _outside("public", "open", "us"),
    _outside("ears", "near", "eu", "whisper"),
)
CHATS = tuple(one.id for one in CARDS if one.kind == "chat")
SPEECH = tuple(one.id for one in CARDS if one.kind == "speech")
OUTSIDE = tuple(one for one in CARDS if one.site != "local")
SOURCES = ("crm", "mail", "web", "press", "archive")


def source_label(name: str, policy: Policy = GUARDED) -> Label:
    """What everything of a source is labelled."""
    return policy.source(name, TENANT)
