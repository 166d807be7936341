"""Resolves requirements/*.in into locks of their names with uv: `make lock`.

Those of the extras are resolved beside the CPU install's, which they must agree with.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKED = ("cpu", "presidio", "ray-llm")
"""The CPU install first: the others are held to it."""
HEADER = "# Made by `make lock` for CPython 3.11 on Linux x86-64 without a GPU.\n"

# Named by a dependency and not needed on a CPU; what only they need goes with them.
LEFT_OUT = (
    "torchvision",  # its CUDA build breaks a CPU torch
    "torchaudio",  # the same
    "torchcodec",  # the same
    "triton",  # a gigabyte of GPU compiler that vLLM turns off on a CPU
    "fastapi-cli",  # an optional command line of FastAPI's
    "fastapi-cloud-cli",  # the same, and it reports usage
    "sentry-sdk",  # only for the above
)

ENTRY = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==", re.MULTILINE)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        uv = install_uv(Path(folder))
        for name in LOCKED:
            lock = ROOT / "requirements" / f"{name}.lock"
            fresh = Path(folder) / lock.name
            if "--upgrade" not in sys.argv and lock.exists():
                fresh.write_text(lock.read_text())
            compile_lock(uv, f"requirements/{name}.in", fresh)
            text = prune(fresh.read_text())
            lock.write_text(HEADER + text)
            print(f"lock: {len(ENTRY.findall(text))} packages in requirements/{lock.name}")
    return 0


def install_uv(folder: Path) -> Path:
    venv.create(folder / "uv", with_pip=True)
    python = folder / "uv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "uv"], check=True)
    return folder / "uv" / "bin" / "uv"


def compile_lock(uv: Path, source: str, output: Path) -> None:
    command = [
        *(str(uv), "pip", "compile", source, "--python-version", "3.11", "--generate-hashes"),
        *("--index-strategy", "unsafe-best-match", "--no-header", "--quiet"),
        *("--output-file", str(output), *pip_sources(), *sys.argv[1:]),
    ]
    for name in LEFT_OUT:
        command += ["--no-emit-package", name]
    subprocess.run(command, check=True, cwd=ROOT)


def pip_sources() -> list[str]:
    """Where pip is configured to look, as flags for uv; none of it is written into the lock."""
    flags: list[str] = []
    for key, flag in (("index-url", "--default-index"), ("extra-index-url", "--index"),
                      ("find-links", "--find-links")):  # fmt: skip
        for place in configured(key):
            flags += [flag, place]
    return flags


def configured(key: str) -> list[str]:
    variable = "PIP_" + key.upper().replace("-", "_")
    if variable in os.environ:
        return os.environ[variable].split()
    asked = [sys.executable, "-m", "pip", "config", "get", f"global.{key}"]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False)
    return shlex.split(answer.stdout) if answer.returncode == 0 else []


def prune(text: str) -> str:
    """Drops every entry that only entries left out, or dropped, ask for."""
    entries = split_entries(text)
    gone = set(LEFT_OUT)
    while True:
        orphans = {name for name, (_, parents) in entries.items() if parents and parents <= gone}
        if orphans <= gone:
            break
        gone |= orphans
    return "".join(body for name, (body, _) in entries.items() if name not in gone)


def split_entries(text: str) -> dict[str, tuple[str, set[str]]]:
    entries: dict[str, tuple[str, set[str]]] = {}
    name, body, parents = "", "", set[str]()
    for line in text.splitlines(keepends=True):
        entry = ENTRY.match(line)
        if entry:
            entries[name] = (body, parents)
            name, body, parents = entry["name"], "", set()
        body += line
        if line.startswith("    #") and line.strip() != "# via":
            parents.add(line.replace("# via", "").strip(" #\n"))
    entries[name] = (body, parents)
    entries.pop("", None)
    return entries


if __name__ == "__main__":
    sys.exit(main())
