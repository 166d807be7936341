"""What is fuzzed: each takes a seeded draw and raises only what its callers are told to expect."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable

from models import strict_yaml
from models.errors import GateTokenInvalid, InvalidConfig
from router.detect.scan import scan
from router.gate.token import Claims, seal, unseal
from router.policy_file import default_text, load_policy
from router.pseudonyms.known import KnownValue
from router.pseudonyms.redact import redact
from router.pseudonyms.restore import restore
from tests.property.fuzz.bodies import scratched, spoilt
from tests.property.test_detectors import noise
from tests.pseudonym_world import CUSTOMER, HOME, TEXT, vault
from tests.unit.router.gate.gate_world import KEYS

Target = Callable[[random.Random], bool]
_POLICY = strict_yaml.load(default_text(), "policy.yaml")
_CLAIMS = Claims("r", "d", "acme", "s", "m", "mac", "{}", "p", 1.0, 2.0, "n")
_TOKEN = seal(KEYS, _CLAIMS)


def policy(rng: random.Random) -> bool:
    """A policy file spoilt in bytes or in structure; whether it was refused."""
    if rng.random() < 0.5:
        text = scratched(rng, bytearray(default_text()))
    else:
        data = copy.deepcopy(_POLICY)
        for _ in range(rng.randint(1, 3)):
            data = spoilt(rng, data)
        text = json.dumps(data).encode(errors="replace")
    try:
        load_policy(text)
    except InvalidConfig as error:
        assert error.message and "Traceback" not in error.message
        return True
    return False


def token(rng: random.Random) -> bool:
    """A gate token spoilt, or made of nothing; whether it was refused, as all but one must be."""
    if rng.random() < 0.2:
        text = noise(rng)
    else:
        text = scratched(rng, bytearray(_TOKEN.encode())).decode(errors="replace")
    try:
        claims = unseal(KEYS, text)
    except GateTokenInvalid:
        return True
    assert text == _TOKEN and claims == _CLAIMS
    return False


def detectors(rng: random.Random) -> bool:
    """Noise; whether anything was found."""
    found = scan(noise(rng), spoken=rng.random() < 0.5, budget_s=1e9)
    assert not found.failed
    return bool(found.findings)


def redactor(rng: random.Random) -> bool:
    """Noise around known values, there and back; whether anything was replaced."""
    value = rng.choice(CUSTOMER).value
    text = "".join(rng.choice((noise(rng), value, value.upper(), " ".join(value))) for _ in "abc")
    known = [*CUSTOMER, KnownValue("note", noise(rng)[:30] or "x", None, TEXT)]
    own = vault(seed=rng.randrange(2**30))
    made = redact(text, known=known, findings=scan(text, budget_s=1e9).findings, vault=own)
    assert value not in made.text or made.residual
    assert restore(made.text, own, HOME) is not None
    return bool(made.replaced)
