"""The list of detectors, strongest first: of two that see the same span the first is believed."""

from __future__ import annotations

from router.detect.assignments import find_assignments, find_pins
from router.detect.birth import find_births
from router.detect.cards import find_card_codes, find_cards
from router.detect.email import find_emails
from router.detect.iban import find_ibans
from router.detect.national import find_national
from router.detect.network import find_ips, find_macs, find_url_logins
from router.detect.page import Detector
from router.detect.phone import find_phones
from router.detect.records import find_customers, find_records
from router.detect.tokens import find_app_tokens, find_jwts, find_key_blocks, find_tokens

DETECTORS: tuple[Detector, ...] = (
    Detector("key_blocks", find_key_blocks),
    Detector("tokens", find_tokens),
    Detector("jwts", find_jwts),
    Detector("app_tokens", find_app_tokens),
    Detector("url_logins", find_url_logins),
    Detector("emails", find_emails),
    Detector("ips", find_ips),
    Detector("ibans", find_ibans),
    Detector("cards", find_cards),
    Detector("card_codes", find_card_codes),
    Detector("national", find_national),
    Detector("births", find_births),
    Detector("customers", find_customers),
    Detector("macs", find_macs),
    Detector("pins", find_pins),
    Detector("assignments", find_assignments),
    Detector("records", find_records),
    Detector("phones", find_phones),
)
