"""Makes `.venv` from the lock, offline-safe when nothing changed: `make setup`."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements" / "cpu.lock"
ABSENCES = ROOT / "requirements" / "known-absences.txt"
STAMP = VENV / ".podium-setup"
TORCH = "2.13.0+cpu"
DISK_GB = 5.5

NO_TORCH = f"""\
podium: torch=={TORCH} is not where pip looks, so nothing was fetched.
PyTorch's CPU builds are not on the ordinary Python index. Set one of these and run again:
  PIP_EXTRA_INDEX_URL  to PyTorch's CPU wheel index, or to a mirror of it
  PIP_FIND_LINKS       to a folder holding the torch-{TORCH} wheel for this machine
"""


class SetupError(Exception):
    """Setup cannot go on; the message says what to do."""


def main() -> int:
    digest = wanted()
    if STAMP.is_file() and STAMP.read_text() == digest and (VENV / "bin" / "python").exists():
        print("setup: .venv agrees with the lock, nothing to do")
        return 0
    try:
        install(digest)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def wanted() -> str:
    """Digest of everything the environment is made from."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {VENV}".encode())
    for path in (LOCK, ABSENCES, ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def install(digest: str) -> None:
    began = time.monotonic()
    STAMP.unlink(missing_ok=True)
    if not (VENV / "bin" / "python").exists():
        check_disk()
        print("setup: making .venv")
        run([sys.executable, "-m", "venv", str(VENV)], "python -m venv failed")
    if torch_is_here():
        print("setup: bringing .venv to the lock", flush=True)
    else:
        check_torch()
        print("setup: installing the lock (3.6 GB on disk, two to six minutes)", flush=True)
    pip(
        ["install", "--require-hashes", "--no-deps", "--progress-bar", "off", "-r", str(LOCK)],
        "the lock could not be installed; pip says above why",
        quiet=True,
    )
    remove_strangers()
    install_project()
    check_absences()
    STAMP.write_text(digest)
    print(f"setup: done in {time.monotonic() - began:.0f} s")


def check_disk() -> None:
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < DISK_GB:
        raise SetupError(f"podium: .venv needs {DISK_GB} GB of disk, {free:.1f} GB are free here")


def torch_is_here() -> bool:
    return any((VENV / "lib").glob(f"python3*/site-packages/torch-{TORCH}.dist-info"))


def check_torch() -> None:
    """Asks pip's own finder for the CPU torch before any gigabyte is fetched."""
    found = pip_output(["index", "versions", "torch"])
    versions = found.replace(",", " ").split()
    if TORCH not in versions:
        raise SetupError(NO_TORCH)


def remove_strangers() -> None:
    """Takes out what an older lock installed and this one no longer names."""
    locked = {normal(line.split("==")[0]) for line in LOCK.read_text().splitlines() if "==" in line}
    listed = pip_output(["list", "--format=freeze"]).splitlines()
    installed = {normal(re.split("==| @ ", line)[0]) for line in listed if line}
    strangers = sorted(installed - locked - {"pip", "podium"})
    if strangers:
        print("setup: removing what the lock does not name:", *strangers)
        pip(["uninstall", "--yes", *strangers], "they could not be removed", quiet=True)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def install_project() -> None:
    """Editable and offline: the build backend comes from the lock."""
    pip(
        ["install", "--no-index", "--no-deps", "--no-build-isolation", "-e", str(ROOT)],
        "the project itself could not be installed",
        quiet=True,
    )


def check_absences() -> None:
    """`pip check` must report the committed list of known absences, nothing more or less."""
    known = set(ABSENCES.read_text().splitlines())
    seen = {line for line in pip_output(["check"]).splitlines() if line.strip()}
    seen.discard("No broken requirements found.")
    if seen == known:
        print(f"setup: pip check reports the {len(known)} known absences and nothing else")
        return
    lines = [f"  new: {line}" for line in sorted(seen - known)]
    lines += [f"  gone: {line}" for line in sorted(known - seen)]
    raise SetupError(
        "podium: pip check disagrees with requirements/known-absences.txt:\n" + "\n".join(lines)
    )


def pip(arguments: list[str], failure: str, quiet: bool = False) -> None:
    flags = ["--quiet"] if quiet else []
    run([*pip_command(), *flags, *arguments], failure)


def pip_output(arguments: list[str]) -> str:
    done = subprocess.run(
        [*pip_command(), *arguments], capture_output=True, text=True, check=False, cwd=ROOT
    )
    return done.stdout


def pip_command() -> list[str]:
    return [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]


def run(command: list[str], failure: str) -> None:
    environment = {**os.environ, "PYTHONNOUSERSITE": "1"}
    if subprocess.run(command, check=False, cwd=ROOT, env=environment).returncode != 0:
        raise SetupError(f"podium: {failure}")


if __name__ == "__main__":
    sys.exit(main())
