"""The parts of `podium bench report`: what each runs, in full and as a quick look."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# The exit code of a part that has nothing to measure here; its document says why.
ABSENT = 3


@dataclass(frozen=True, slots=True)
class Part:
    """One measurement: `python -m MODULE`, which prints one JSON document on stdout.

    `limit_s` is when it is given up, in full; a quick look has a quarter of that, five minutes at
    least. `out`: it takes a folder for its logs and samples.
    """

    name: str
    title: str
    module: str
    full: tuple[str, ...] = ()
    quick: tuple[str, ...] = ()
    limit_s: float = 1800.0
    out: bool = True

    def words(self, quick: bool, folder: Path) -> list[str]:
        """What follows `python -m`."""
        place = ["--out", str(folder / self.name)] if self.out else []
        return [self.module, *(self.quick if quick else self.full), *place]

    def shown(self, quick: bool) -> str:
        """The command as a person would type it."""
        return " ".join(["python -m", self.module, *(self.quick if quick else self.full)])

    def limit(self, quick: bool) -> float:
        """Seconds it may take."""
        return max(300.0, self.limit_s / 4) if quick else self.limit_s


SEARCH = "search-"
_RUNGS = ("--rounds", "8")
_QUICK_RUNGS = ("--rounds", "1", "--requests", "4", "--concurrency", "1", "8")
_REMOTE = ("--parts", "latency", "throughput", "deltas", "--rounds", "5")
_QUICK_REMOTE = ("--parts", "latency", "throughput", "--rounds", "1", "--each", "5",
                 "--requests-each", "200")  # fmt: skip


def _search(chunks: int) -> Part:
    size = ("--chunks", str(chunks))
    return Part(
        f"{SEARCH}{chunks}",
        f"Search in {chunks:,} chunks",
        "bench.search",
        (*size, "--queries", "100"),
        (*size, "--queries", "20", "--modes", "dense"),
        out=False,
    )


PARTS = (
    Part("rungs", "Chat rung by rung", "bench.rungs", _RUNGS, _QUICK_RUNGS, 3600.0),
    Part("ray-llm", "Ray Serve LLM beside Podium", "bench.ray_llm", _RUNGS, _QUICK_RUNGS, 3600.0),
    Part("remote", "Models outside", "bench.remote", _REMOTE, _QUICK_REMOTE, out=False),
    _search(1_000),
    _search(10_000),
    _search(100_000),
    Part(
        "ingest",
        "Taking in documents",
        "bench.ingest",
        ("--real", "500", "--free", "4000"),
        ("--real", "20", "--free", "100"),
        out=False,
    ),
    Part(
        "speech",
        "Live speech and recordings",
        "bench.speech",
        ("--rounds", "6", "--lines", "1,4,8", "--json"),
        ("--rounds", "1", "--lines", "1,4", "--json"),
    ),
    Part(
        "pipeline",
        "A pipeline beside its critical path",
        "bench.pipeline",
        ("--rounds", "5"),
        ("--rounds", "1"),
    ),
)
