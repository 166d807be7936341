"""The scanner that a gateway's settings ask for."""

from __future__ import annotations

from deployments.settings import Settings
from router.detect.look import look
from router.detect.presidio import Presidio, load_presidio
from router.detect.scanner import Scanner
from router.detect.together import Together


def text_scanner(settings: Settings) -> Scanner:
    """Our detectors, and Presidio's where it is asked for: slower, so that nothing is read at once.

    Raises what `load_presidio` raises.
    """
    languages = settings.gateway.presidio
    if not languages:
        return Scanner()
    also = Presidio(load_presidio(languages), languages)
    return Scanner(Together(look, also), inline=0, budget_s=0.6, answer_s=0.9)


def check_presidio(settings: Settings) -> None:
    """Raise, before anything is started, what would keep a gateway from reading with Presidio."""
    if settings.gateway.presidio:
        load_presidio(settings.gateway.presidio)
