"""The list of detectors, strongest first: of two that see the same span the first is believed."""

from __future__ import annotations

from router.detect.email import find_emails
from router.detect.page import Detector

DETECTORS: tuple[Detector, ...] = (Detector("email", find_emails),)
