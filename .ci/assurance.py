"""Runs the long proofs one by one and remembers those that passed: `make assurance`.

A proof is a test marked `assurance`. One that passed is not run again until a tracked file
changes; `--fresh` forgets them all, `--list` shows where they stand.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT / ".cache" / "assurance.json"
PYTEST = [sys.executable, "-m", "pytest", "-m", "assurance", "-o", "timeout=7200"]


def main() -> int:
    source = source_digest()
    passed = {} if "--fresh" in sys.argv else passed_at(source)
    proofs = collect()
    if "--list" in sys.argv:
        for proof in proofs:
            print("passed " if proof in passed else "to run ", proof)
        return 0
    failed = [proof for proof in proofs if proof not in passed and not prove(proof, source, passed)]
    print(f"assurance: {len(proofs) - len(failed)} of {len(proofs)} proofs hold")
    return coverage() or (1 if failed else 0)


def source_digest() -> str:
    """Digest of every tracked file as it is in the working tree."""
    names = output(["git", "ls-files", "-z"]).split("\0")
    digest = hashlib.sha256()
    for name in filter(None, names):
        path = ROOT / name
        digest.update(name.encode() + (path.read_bytes() if path.is_file() else b""))
    return digest.hexdigest()


def passed_at(source: str) -> dict[str, float]:
    if not RECORD.is_file():
        return {}
    record = json.loads(RECORD.read_text())
    return dict(record["passed"]) if record["source"] == source else {}


def collect() -> list[str]:
    lines = output([*PYTEST, "--collect-only", "-q", "tests"]).splitlines()
    return [line for line in lines if "::" in line and not line.startswith("ERROR")]


def prove(proof: str, source: str, passed: dict[str, float]) -> bool:
    """Runs one proof; a pass is written down at once, so that an interrupted run resumes."""
    began = time.monotonic()
    print(f"\n== {proof}", flush=True)
    code = subprocess.run([*PYTEST, proof], cwd=ROOT, check=False).returncode
    if code != 0:
        return False
    passed[proof] = round(time.monotonic() - began, 1)
    RECORD.parent.mkdir(exist_ok=True)
    RECORD.write_text(json.dumps({"source": source, "passed": passed}, indent=1))
    return True


def coverage() -> int:
    """Branch coverage of the core by its own tests; the figure is reported, not a bar yet."""
    command = [sys.executable, "-m", "pytest", "tests/unit", "tests/property", "--cov", "-q"]
    existing = [part for part in command if not part.startswith("tests/") or (ROOT / part).exists()]
    return subprocess.run(existing, cwd=ROOT, check=False).returncode


def output(command: list[str]) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout


if __name__ == "__main__":
    sys.exit(main())
