"""The names by which the command line shows findings: those that other tools use, too."""

from __future__ import annotations

from collections.abc import Mapping

from router.detect.finding import SECRET, Finding

_SHOWN: Mapping[str, str] = {
    "EMAIL": "EMAIL_ADDRESS",
    "IBAN": "IBAN_CODE",
    "SSN": "US_SSN",
    "IP": "IP_ADDRESS",
    "CARD": "CREDIT_CARD",
    "PHONE": "PHONE_NUMBER",
}


def name_of(finding: Finding) -> str:
    """The type as shown; every key, token and password is a SECRET."""
    return "SECRET" if finding.category == SECRET else _SHOWN.get(finding.type, finding.type)
