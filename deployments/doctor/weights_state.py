"""Checks of the weights: there, readable, and the ones the catalog names."""

from __future__ import annotations

from collections.abc import Iterator

from deployments.catalog_files import read_catalog
from deployments.doctor.finding import Finding, Patient, fail, ok, warn
from models.errors import PodiumError
from models.weights import check_digest, weights_folder


def check_weights(patient: Patient) -> Iterator[Finding]:
    """Every local model of the settings; reads every byte of its weights."""
    catalog = read_catalog(patient.settings, str(patient.home.path))
    for name in patient.settings.models:
        try:
            card = catalog.card(name)
            if not card.is_local:
                continue
            digest = check_digest(card, weights_folder(card))
        except PodiumError as error:
            yield fail("weights", f"{name}: {error.message}", "Mend it as said, then look again.")
            continue
        if card.digest is None:
            fix = f"Put `digest: {digest}` into its catalog row, so that a change is noticed."
            yield warn("weights", f"{name}: {digest[:19]}… is not pinned", fix)
        else:
            yield ok("weights", f"{name}: {digest[:19]}…")
