"""The kinds of steps there are, by the name a plan uses."""

from __future__ import annotations

from collections.abc import Mapping

from router.steps.act import ActStep
from router.steps.generate import Generate
from router.steps.kind import StepKind
from router.steps.passages import Passages
from router.steps.query import Query
from router.steps.search import Search
from router.steps.spoken_numbers import SpokenNumbers
from router.steps.transcribe import Transcribe

STEP_KINDS: Mapping[str, StepKind] = {
    "transcribe": Transcribe(),
    "spoken_numbers": SpokenNumbers(),
    "generate": Generate(),
    "search": Search(),
    "query": Query(),
    "passages": Passages(),
    "act": ActStep(),
}
