"""The machine: the container's limit counts, and GPUs are read from nvidia-smi."""

from __future__ import annotations

from pathlib import Path

from deployments.onboarding.machine import Gpu, Machine, read_machine

GIB = 1 << 30


def meminfo(path: Path) -> Path:
    file = path / "meminfo"
    file.write_text("MemTotal:       8388608 kB\nMemFree: 1 kB\nMemAvailable:   4194304 kB\n")
    return file


def test_memory_is_the_kernels_or_the_containers(tmp_path: Path) -> None:
    facts = meminfo(tmp_path)
    assert read_machine(facts, tmp_path, "no-such-program") == Machine(8 * GIB, 4 * GIB)
    (tmp_path / "memory.max").write_text("max\n")
    assert read_machine(facts, tmp_path, "no-such-program").ram == 8 * GIB
    (tmp_path / "memory.max").write_text(f"{2 * GIB}\n")
    (tmp_path / "memory.current").write_text(f"{GIB}\n")
    assert read_machine(facts, tmp_path, "no-such-program") == Machine(2 * GIB, GIB)


def test_gpus_are_listed(tmp_path: Path) -> None:
    program = tmp_path / "smi"
    program.write_text("#!/bin/sh\necho 'NVIDIA X, 80 GB, 81920, 40960'\necho 'Y, 1024, 512'\n")
    program.chmod(0o755)
    gpus = read_machine(meminfo(tmp_path), tmp_path, str(program)).gpus
    assert gpus == (Gpu("NVIDIA X, 80 GB", 80 * GIB, 40 * GIB), Gpu("Y", GIB, GIB // 2))
    program.write_text("#!/bin/sh\nexit 9\n")
    assert read_machine(meminfo(tmp_path), tmp_path, str(program)).gpus == ()


def test_the_real_machine_has_memory() -> None:
    machine = read_machine()
    assert machine.ram >= machine.ram_free > 0
