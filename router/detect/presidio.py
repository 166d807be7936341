"""Presidio as one more reader, where it is installed; the one file that imports it (2.2.366).

Its patterns alone: no model is loaded, and the recognizers that ask a list on the network what a
domain's end is (through tldextract) are left out. It can only add findings.
"""

from __future__ import annotations

import importlib
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from models.errors import SetupError
from router.detect.finding import PCI, PHI, PII, Finding
from router.detect.page import pages
from router.detect.scan import Clock, Scan

_TYPES: Mapping[str, tuple[str, str]] = {
    "CREDIT_CARD": ("CARD", PCI),
    "IBAN_CODE": ("IBAN", PII),
    "IP_ADDRESS": ("IP", PII),
    "MAC_ADDRESS": ("MAC", PII),
    "PHONE_NUMBER": ("PHONE", PII),
    "US_SSN": ("SSN", PII),
    "US_ITIN": ("ITIN", PII),
    "US_DRIVER_LICENSE": ("DRIVER_LICENSE", PII),
    "UK_NHS": ("NHS", PHI),
    "MEDICAL_LICENSE": ("MEDICAL_LICENSE", PHI),
}
"""Ours for theirs; any other keeps its name, as personal data."""
_LEFT_OUT = frozenset({"URL", "EMAIL_ADDRESS", "DATE_TIME", "UUID", "PERSON", "LOCATION", "NRP"})
"""What asks the network, what a model is needed for, and what is no identifier."""
_MODELLED = ("SpacyRecognizer", "StanzaRecognizer", "TransformersRecognizer")
_PAGE, _MARGIN = 2_048, 128
_SURE = 0.4


class Result(Protocol):
    """A find of Presidio's: `RecognizerResult`."""

    entity_type: str
    start: int
    end: int


class Analyzer(Protocol):
    """What is asked of Presidio's `AnalyzerEngine`."""

    def get_supported_entities(self, language: str) -> Sequence[str]:
        """Everything that it looks for in a language."""

    def analyze(
        self, text: str, language: str, *, entities: Sequence[str], score_threshold: float
    ) -> Sequence[Any]:
        """Its finds in a text, as `Result`s."""


class Presidio:
    """Reads texts with an analyzer, once for each language; raises whatever the analyzer raises."""

    def __init__(
        self, analyzer: Analyzer, languages: Sequence[str], clock: Clock = time.thread_time
    ) -> None:
        self._analyzer = analyzer
        self._clock = clock
        self._entities = {
            language: sorted(set(analyzer.get_supported_entities(language)) - _LEFT_OUT)
            for language in languages
        }

    def __call__(self, text: str, spoken: bool, budget_s: float) -> Scan:
        """What it finds within `budget_s` seconds of its clock, looked at between pages."""
        until = self._clock() + budget_s
        found: set[Finding] = set()
        for page in pages(text, _PAGE, _MARGIN):
            for language, entities in self._entities.items():
                if self._clock() > until:
                    return Scan(_ordered(found), complete=False)
                results = self._analyzer.analyze(
                    page.text, language, entities=entities, score_threshold=_SURE
                )
                found |= {_finding(one, page.offset) for one in results if one.start in page.owned}
        return Scan(_ordered(found), complete=True)


def load_presidio(languages: Sequence[str]) -> Analyzer:
    """Presidio's analyzer with its patterns for the languages; nothing is fetched.

    A language that it has no patterns of its own for is read with those of every language. Raises
    SetupError when Presidio is not installed.
    """
    try:
        engine: Any = importlib.import_module("presidio_analyzer")
        nlp: Any = importlib.import_module("presidio_analyzer.nlp_engine")
        domains: Any = importlib.import_module("tldextract.tldextract")
    except ModuleNotFoundError as error:
        raise SetupError(
            "gateway.presidio needs the extra: pip install 'podium[presidio]', or take the setting"
            " away.",
            param="gateway.presidio",
        ) from error
    # It tells at length what it does not load, and what it reads is nobody's business.
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    domains.TLD_EXTRACTOR = domains.TLDExtract(suffix_list_urls=(), cache_dir=None)
    registry = engine.RecognizerRegistry(supported_languages=list(languages))
    registry.load_predefined_recognizers(languages=list(languages))
    for name in _MODELLED:
        registry.remove_recognizer(name)
    models = [{"lang_code": language, "model_name": "none"} for language in languages]
    without_model = nlp.NoOpNlpEngine(models=models)
    without_model.load()
    analyzer: Analyzer = engine.AnalyzerEngine(
        registry=registry, nlp_engine=without_model, supported_languages=list(languages)
    )
    return analyzer


def _finding(one: Result, offset: int) -> Finding:
    type_, category = _TYPES.get(one.entity_type, (one.entity_type, PII))
    return Finding(type_, category, one.start + offset, one.end + offset, "presidio", False)


def _ordered(found: set[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(found, key=lambda one: (one.start, one.end, one.type)))
