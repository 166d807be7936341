"""Checks of the machine: memory, processor, open files, shared memory, the port."""

from __future__ import annotations

import platform
import resource
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

from deployments.doctor.finding import Finding, Patient, fail, ok, warn
from deployments.onboarding.machine import read_machine

GIB = 1 << 30
MIB = 1 << 20
# A replica with its engine's libraries, before any weights; seen on the embedded profile.
_A_MODEL = 0.6 * GIB
_CLUSTER = 1.0 * GIB
_FILES = 4096
_CPUINFO = Path("/proc/cpuinfo")


def check_memory(patient: Patient) -> Iterator[Finding]:
    """Free memory, unless Podium has taken its share already."""
    machine = read_machine()
    detail = f"{machine.ram_free / GIB:.1f} of {machine.ram / GIB:.1f} GiB free"
    if patient.running:
        yield ok("memory", detail)
        return
    settings = patient.settings
    store = settings.object_store_mib * MIB
    wanted = _CLUSTER + len(settings.models) * _A_MODEL + store
    if machine.ram_free < wanted:
        yield warn(
            "memory",
            f"{detail}, and about {wanted / GIB:.1f} GiB are needed before any large weights",
            "End other programs, or run fewer models (`models:` of settings.yaml).",
        )
    else:
        yield ok("memory", detail)
    yield from _shared_memory(store)


def _shared_memory(store: int) -> Iterator[Finding]:
    shm = Path("/dev/shm")  # noqa: S108 - looked at, never written to
    if shm.is_dir() and (free := shutil.disk_usage(shm).free) < store:
        yield warn(
            "memory",
            f"{shm} has {free // MIB} MiB free and Ray's object store takes {store // MIB}",
            "Give the machine or container a larger one, or lower object_store_mib.",
        )


def check_processor(_patient: Patient, cpuinfo: Path = _CPUINFO) -> Iterator[Finding]:
    """The instructions that the CPU build of vLLM needs."""
    if platform.machine() != "x86_64":
        return
    flags = cpuinfo.read_text(encoding="utf-8", errors="replace").split()
    if "avx2" in flags:
        yield ok("processor", "AVX-512" if "avx512f" in flags else "AVX2")
    else:
        fix = "Use a machine with AVX2 (any since about 2015), or let the hypervisor pass it on."
        yield fail("processor", "no AVX2; the CPU engine needs it", fix)


def check_limits(_patient: Patient) -> Iterator[Finding]:
    """How many files a process may open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= soft < _FILES:
        yield warn("limits", f"{soft} open files a process", f"ulimit -n {_FILES * 16}")
    else:
        yield ok("limits", f"{soft} open files a process")


def check_port(patient: Patient) -> Iterator[Finding]:
    """Whether `podium up` could listen where the settings say."""
    settings = patient.settings
    if patient.running or not settings.port:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            yield warn(
                "port",
                f"{settings.host}:{settings.port} cannot be used: {error.strerror}",
                "Choose another with `podium up --port`, or --port 0 for any.",
            )
        else:
            yield ok("port", f"{settings.host}:{settings.port} is free")
