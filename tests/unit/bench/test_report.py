"""The report: what its parts come to, what is kept of them, and that nothing missing is hidden."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import psutil
import pytest

from bench import report
from bench.report_page import as_html, as_markdown, compose
from bench.report_parts import PARTS, Part
from bench.report_plots import plots
from bench.report_readme import BEGIN, END, write_readme
from bench.report_run import Origin, Record, blank, keep_record, read_record, run_part
from bench.report_sections import BESIDE_RAY, SIDES, results
from models.errors import SetupError

HERE = Origin("abc", "a machine")
ABOUT = {"date": "today", "commit": "abc", "machine": "a machine"}


def _beside(value: float) -> dict[str, Any]:
    span = {"value": value, "low": value - 0.1, "high": value + 0.1}
    names = ("ttft_added_ms", "itl_p50_ratio", "itl_p99_ratio", "throughput_ratio")
    return {name: span for name in names} | {"same_text": 1.0}


def _clients(number: int) -> dict[str, Any]:
    figures = {"ttft_ms": 20.0, "itl_p50_ms": 2.0, "itl_p99_ms": 3.0, "tokens_per_s": 300.0}
    rungs = [side for side in SIDES if side != "bare"]
    return {
        "clients": number,
        "sides": {side: figures for side in SIDES},
        "to_bare": {side: _beside(1.1) for side in rungs},
        "steps": [{"from": low, "to": up, **_beside(0.9)} for low, up in pairwise(rungs)],
    }


def _three(number: int) -> dict[str, Any]:
    figures = {"ttft_ms": 30.0, "itl_p50_ms": 2.0, "itl_p99_ms": 3.0, "tokens_per_s": 200.0}
    return {
        "clients": number,
        "sides": {side: figures for side in BESIDE_RAY},
        "to_bare": {side: _beside(1.1) for side in BESIDE_RAY if side != "bare"},
        "to_ray": _beside(0.7),
    }


def _search(chunks: int) -> dict[str, Any]:
    ms = {"p50": 2.0, "p95": 3.0, "p99": 4.0}
    return {"chunks": chunks, "search_ms": {"dense all": ms}, "recall10": {"all": 1.0},
            "build_s": 1.0, "resume_s": 0.5}  # fmt: skip


SPREAD = {"p50": 350.0, "p95": 400.0, "max": 410.0}
SPREADS = dict.fromkeys(("first_partial_ms", "commit_lag_ms", "end_to_final_ms"), SPREAD)
LIVE = {
    "lines": 1, "words_revised": 0, "words_committed": 9, **SPREADS, "stopped_to_final_ms": None,
}  # fmt: skip
POINTS = [{"chunks": 9, "chunks_per_s": 5.0, "documents_per_s": 1.0}]
RESULTS: dict[str, dict[str, Any]] = {
    "rungs": {"rounds": 2, "clients": [_clients(1), _clients(8)]},
    "ray-llm": {"rounds": 2, "clients": [_three(8)]},
    "remote": {
        "latency": {"slow-c8": {"added_p50_ms": 13.0, "added_p99_ms": 9.0, "direct_p50_ms": 200.0,
                                "governed_p50_ms": 213.0}},
    },
    "search-1000": _search(1000),
    "search-100000": _search(100_000),
    "ingest": {"curves": {"real": POINTS, "free": POINTS}},
    "speech": {
        "live": [LIVE],
        "batch": {"ratio": 1.02, "ci95": [1.0, 1.04], "same_text": 1.0},
        "about": {"silence_ms": 300, "load_before": 0.2},
    },
    "pipeline": {
        "pipeline": "support", "runs": 6, "ratio": {"p50": 1.01, "max": 1.02},
        "path": ["draft"], "steps_ms": {"draft": 40.0, "look": 1.0},
        **{name: SPREAD for name in ("makespan_ms", "critical_path_ms", "beyond_target_ms",
                                     "outside_the_run_ms", "steps_in_a_row_ms")},
    },
}  # fmt: skip


def _records(quick: bool = False) -> list[Record]:
    made = []
    for part in PARTS:
        record = replace(blank(part, quick, HERE), date="today")
        if part.name in RESULTS:
            record = replace(record, status="measured", result=RESULTS[part.name], reason="")
        made.append(record)
    return made


def test_every_part_that_was_measured_has_its_figures_on_the_page() -> None:
    page = compose(_records(), ABOUT)
    text = as_markdown(page)
    for figure in ("| 8 | HTTP, governed | 20.0 |", "| 100,000 | dense | all | 2.0 |",
                   "350 / 400", "0 of 9", "+13.0", "6 runs of pipeline/support",
                   "| 8 | Ray Serve LLM | 30.0 |", "| 8 | Ray Serve LLM → Podium | +0.7 ",
                   ):  # fmt: skip
        assert figure in text
    verdicts = {row[0]: row[-1] for row in page.promises.rows}
    assert verdicts["first token added to vLLM's, 8 clients"] == "met"
    assert verdicts["first token added to vLLM's, 32 clients"] == "not measured"
    assert verdicts["added to a call outside, 8 at a time, p50"] == "missed"
    assert verdicts["tokens a second with governance beside none, 1 client"] == "missed"
    assert verdicts["recordings beside faster-whisper alone"] == "met"


def test_what_failed_is_missing_or_was_not_run_is_told_and_not_hidden() -> None:
    good = as_markdown(compose(_records(), ABOUT))
    assert "FAILED" not in good and "Failed" not in good
    records = [
        replace(one, status="failed", result=None, reason="It exited with 1.\nNo engine.")
        if one.part in ("speech", "search-1000") else one
        for one in _records() if one.part != "pipeline"
    ]  # fmt: skip
    absent = [replace(one, status="absent", reason="There is no pyarrow.")
              if one.part == "ray-llm" else one for one in records]  # fmt: skip
    page = compose(absent, ABOUT)
    for text in (as_markdown(page), as_html(page, {})):
        assert "Failed, so missing below: search-1000, speech." in text
        assert "FAILED, so there are no figures. It exited with 1." in text
        assert "No engine." in text and "Not measured: There is no pyarrow." in text
        assert "Not measured: this part was not run." in text
        assert "100,000" in text
    titles = {section.title for section in page.sections}
    assert {"Live speech and recordings", "A pipeline beside its critical path"} <= titles


def test_figures_that_are_not_to_be_trusted_come_with_a_warning() -> None:
    calm = compose(_records(), ABOUT)
    assert [one for one in calm.warnings if "Not run" not in one] == []
    assert any("quick look" in one for one in compose(_records(quick=True), ABOUT).warnings)
    busy = [
        replace(one, result={**one.result, "machine": {"load_before": 5.0}}) if one.result else one
        for one in _records()
    ]
    assert any("load of up to 5.0" in one for one in compose(busy, ABOUT).warnings)
    first, *others = _records()
    mixed = [replace(first, origin=Origin("other", "a machine")), *others]
    assert any("different commits" in one for one in compose(mixed, ABOUT).warnings)


def test_the_page_is_one_file_with_its_plots_and_keeps_markup_out() -> None:
    found = results(_records())
    drawn = plots(found)
    assert set(drawn) == {"rungs", "search", "ingest", "speech", "pipeline"}
    for svg in drawn.values():
        ElementTree.fromstring(svg)  # noqa: S314 - our own
    hostile = [replace(one, reason="<script>x</script>") for one in _records()]
    html = as_html(compose([replace(one, status="failed") for one in hostile], ABOUT), drawn)
    assert "<script" not in html and "&lt;script&gt;" in html
    assert "http://" not in html.replace("http://www.w3.org", "").replace("http://creativec", "")
    assert as_html(compose(_records(), ABOUT), drawn).count("<svg") == len(drawn)


def test_a_part_is_kept_for_the_same_commit_machine_and_command_alone(tmp_path: Path) -> None:
    part = PARTS[0]
    wanted = blank(part, False, HERE)
    done = replace(wanted, status="measured", result={"a": 1}, date="today", seconds=2.0)
    keep_record(tmp_path, done)
    kept = read_record(tmp_path, part.name)
    assert kept == done and kept is not None and kept.fits(wanted)
    for other in (
        replace(wanted, origin=Origin("new", HERE.machine)),
        replace(wanted, origin=Origin(HERE.commit, "another")),
        replace(wanted, command="other"),
        blank(part, True, HERE),
    ):
        assert not kept.fits(other)
    for status in ("failed", "absent"):
        assert not replace(done, status=status).fits(wanted)
    (tmp_path / "parts" / f"{part.name}.json").write_text("{broken")
    assert read_record(tmp_path, part.name) is None


def _part(module: str, *words: str, limit: float = 60.0) -> Part:
    return Part("trial", "A trial", module, words, words, limit, out=False)


def _run(folder: Path, part: Part, stop_s: float = 5.0) -> tuple[Record, list[str]]:
    said: list[str] = []
    return run_part(part, blank(part, False, HERE), folder, said.append, stop_s), said


def test_a_part_that_prints_a_document_is_measured(tmp_path: Path) -> None:
    (tmp_path / "told.json").write_text('{"figure": 3}')
    done, _ = _run(tmp_path, _part("json.tool", str(tmp_path / "told.json")))
    assert (done.status, done.result) == ("measured", {"figure": 3})
    assert done.seconds >= 0 and done.date


def test_a_part_that_fails_or_takes_too_long_says_so(tmp_path: Path) -> None:
    done, said = _run(tmp_path, _part("json.tool", str(tmp_path / "nothing.json")))
    assert done.status == "failed" and "nothing.json" in done.reason
    assert any("nothing.json" in line for line in said)
    code = """import os; print('{"reason": "There is none."}', flush=True); os._exit(3)"""
    done, _ = _run(tmp_path, _part("timeit", "-n1", "-r1", code))
    assert (done.status, done.reason) == ("absent", "There is none.")
    child = "import subprocess, sys; sleeper = 'import time; time.sleep(60)'; "
    child += "print(subprocess.Popen([sys.executable, '-c', sleeper]).pid, flush=True); "
    told: list[str] = []
    for limit in (2, 8, 32):  # On a busy machine Python itself may start too late to tell.
        late = _part("timeit", "-n1", "-r1", child + "exec(sleeper)", limit=float(limit))
        done, _ = _run(tmp_path, late)
        assert done.status == "failed" and f"given up after {limit} s" in done.reason
        told = (tmp_path / "logs" / "trial.json").read_text().split()
        if told:
            break
    assert _gone(int(told[0]))


def test_stopping_the_report_stops_the_part_and_what_it_started(tmp_path: Path) -> None:
    code = "import subprocess, sys; sleeper = 'import time; time.sleep(60)'; "
    code += "print(subprocess.Popen([sys.executable, '-c', sleeper]).pid, flush=True); "
    code += "print('on', file=sys.stderr, flush=True); exec(sleeper)"
    part = _part("timeit", "-n1", "-r1", code)

    def interrupt(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_part(part, blank(part, False, HERE), tmp_path, interrupt, 5.0)
    assert _gone(int((tmp_path / "logs" / "trial.json").read_text().split()[0]))
    assert read_record(tmp_path, "trial") is None


def _gone(pid: int) -> bool:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(
    find_spec("pyarrow") is not None, reason="Ray Serve LLM is there: the part would be measured"
)
def test_a_report_goes_on_where_it_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--out", str(tmp_path), "--parts", "ray-llm", "--quick"]
    assert report.main(words) == 0
    first = capsys.readouterr().err
    assert "[1/1] ray-llm: python -m bench.ray_llm" in first
    # What was missing may have been installed meanwhile.
    assert report.main(words) == 0
    assert "ray-llm: kept" not in capsys.readouterr().err
    record = read_record(tmp_path, "ray-llm")
    assert record is not None and record.status == "absent"
    keep_record(tmp_path, replace(record, status="measured", result=RESULTS["ray-llm"]))
    assert report.main(words) == 0
    assert "ray-llm: kept" in capsys.readouterr().err
    assert report.main([*words, "--again"]) == 0
    assert "ray-llm: kept" not in capsys.readouterr().err
    whole = json.loads((tmp_path / "report.json").read_text())
    states = {one["part"]: one["status"] for one in whole["parts"]}
    assert states.pop("ray-llm") == "absent" and set(states.values()) == {"not run"}
    assert "Not run: rungs" in (tmp_path / "index.html").read_text()
    assert "Not run: rungs" in (tmp_path / "report.md").read_text()


def _whole() -> list[Record]:
    left = {"search-10000": _search(10_000)}
    return [replace(one, status="measured", result=left[one.part]) if one.part in left else one
            for one in _records()]  # fmt: skip


def test_the_readme_gets_the_figures_of_a_whole_run_only(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"# A\n{BEGIN}\nold\n{END}\nrest\n")
    older = [replace(one, date="2026-01-02 03:04 UTC") if one.part == "rungs"
             else replace(one, date="2026-01-03 04:05 UTC") for one in _whole()]  # fmt: skip
    write_readme(readme, compose(older, ABOUT))
    text = readme.read_text()
    assert "`podium bench report`, 2026-01-02 03:04 UTC, a machine." in text
    assert "old" not in text and text.startswith("# A\n") and text.endswith(f"{END}\nrest\n")
    assert "**missed**" in text and "not measured" not in text
    with pytest.raises(SetupError, match="without --quick"):
        write_readme(readme, compose(_records(quick=True), ABOUT))
    thin = [replace(one, status="failed") if one.part == "speech" else one for one in _whole()]
    with pytest.raises(SetupError, match="no figures of: speech"):
        write_readme(readme, compose(thin, ABOUT))
    for origin in (Origin("def", "a machine"), Origin("abc", "another")):
        other = [replace(one, origin=origin) if one.part == "speech" else one for one in _whole()]
        with pytest.raises(SetupError, match="of another are: speech"):
            write_readme(readme, compose(other, ABOUT))
    assert readme.read_text() == text
    readme.write_text("# A\n")
    with pytest.raises(SetupError, match="no place for figures"):
        write_readme(readme, compose(_whole(), ABOUT))


def test_every_part_is_a_module_that_is_there() -> None:
    root = Path(report.__file__).parents[1]
    for part in PARTS:
        assert (root / f"{part.module.replace('.', '/')}.py").is_file()
