"""The plan of a measurement, the check of its answers, and the command lines of both servers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from bench.chat import Plan, check, comparisons, main, order
from bench.chat_plot import plot
from bench.chat_report import table, write_report, write_samples
from bench.child import Child
from bench.machine import about_machine
from bench.prompts import prompt
from bench.samples import Sample, from_line
from bench.servers import bare_command, end_tokens, packaged_card, without_settings
from models.errors import InternalError, SetupError

PLAN = Plan(rounds=3, concurrency=(1, 8), requests=4)


def sample(side: str, round_: int, concurrency: int, seed: int, late: float = 0.0) -> Sample:
    chunks = tuple(20.0 + late + 5.0 * number for number in range(48))
    return Sample(side, round_, concurrency, seed, 0.0, 300.0, 48, 9, chunks, str(seed))


def measured() -> list[Sample]:
    return [
        sample(side, number, c, seed, late=number if side == "podium" else 0.0)
        for number in range(PLAN.rounds)
        for c in PLAN.concurrency
        for side in order(number)
        for seed in PLAN.seeds(number, c)
    ]


def test_sides_alternate_and_no_prompt_comes_twice() -> None:
    assert [order(number) for number in (0, 1, 2)] == [
        ("bare", "podium"),
        ("podium", "bare"),
        ("bare", "podium"),
    ]
    whole = Plan(rounds=5, concurrency=(1, 8, 32), requests=None)
    seeds = [s for number in range(-1, 5) for c in (1, 8, 32) for s in whole.seeds(number, c)]
    assert len(seeds) == len(set(seeds)) == 6 * (8 + 16 + 64)
    heads = {prompt(seed).split(".")[0] for seed in seeds}
    assert len(heads) > 0.99 * len(seeds)


def test_prompts_are_fixed() -> None:
    assert prompt(1) == prompt(1) != prompt(2)


def test_an_answer_that_failed_or_is_short_stops_the_measurement() -> None:
    good = sample("podium", 0, 1, 5)
    assert check([good]) == [good]
    fields = {name: getattr(good, name) for name in Sample.__slots__}
    with pytest.raises(InternalError, match="47 tokens instead of 48"):
        check([Sample(**{**fields, "tokens": 47})])
    with pytest.raises(InternalError, match=r"podium, 1 clients.*the server answered 503"):
        check([Sample(**{**fields, "error": "the server answered 503"})])


def test_the_report_has_samples_a_page_and_a_plot(tmp_path: Path) -> None:
    samples = measured()
    found = comparisons(samples, PLAN)
    assert [each.ttft_added_ms.value for each in found] == [1.0, 1.0]
    write_samples(tmp_path, samples)
    write_report(tmp_path, found, samples, {"date": "today"})
    lines = (tmp_path / "samples.jsonl").read_text().splitlines()
    assert [from_line(line) for line in lines] == samples
    assert "| 8 | TTFT, ms | 20.0 | 21.0 | +1.0 |" in "\n".join(table(found))
    assert "date: today" in (tmp_path / "report.md").read_text()
    assert (tmp_path / "chat.png").read_bytes().startswith(b"\x89PNG")
    plot(found, samples, tmp_path / "again.png")


def test_the_bare_server_gets_the_settings_of_the_catalog() -> None:
    card = packaged_card()
    words = bare_command(card, 1234)
    options = dict(pairwise(words))
    assert options["--dtype"] == card.engine["dtype"] == "float32"
    assert options["--block-size"] == str(card.engine["block_size"])
    assert options["--max-num-seqs"] == str(card.engine["max_num_seqs"])
    assert options["--host"] == "127.0.0.1"
    assert json.loads(options["--structured-outputs-config"])["backend"] == "xgrammar"
    assert {"--enforce-eager", "--enable-prefix-caching", "--no-enable-log-requests"} <= set(words)
    assert end_tokens(card)


def test_settings_of_another_instance_do_not_reach_the_servers() -> None:
    found = without_settings({"PODIUM_PORT": "1", "VLLM_X": "1", "RAY_X": "1", "PATH": "p"})
    assert found == {"PATH": "p"}


def test_the_page_names_no_place_and_no_key() -> None:
    words = ["--key", "pk_secret", "--rounds", "3", "--out=/somewhere", "--url", "http://host"]
    assert about_machine(words)["command"] == "podium bench chat --rounds 3"


def test_bad_options_are_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--rounds", "0"], ["--concurrency", "1,x"], ["--sorcery"]):
        with pytest.raises(SystemExit) as stopped:
            main(words)
        assert stopped.value.code == 2
    assert "--rounds" in capsys.readouterr().err


def test_a_child_that_ends_while_starting_says_why(tmp_path: Path) -> None:
    words = [sys.executable, "-c", "raise SystemExit('no weights here')"]
    child = Child("the server", words, dict(os.environ), tmp_path / "log")
    with pytest.raises(SetupError, match="no weights here"):
        child.wait_until(lambda: None, 30.0)
    child.stop(1.0)


def test_stopping_a_child_ends_its_children_too(tmp_path: Path) -> None:
    family = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "grandchild = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(grandchild.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    log = tmp_path / "log"
    child = Child("the server", [sys.executable, "-c", family], dict(os.environ), log)
    pid = child.wait_until(lambda: int(log.read_text()) if log.read_text() else None, 30.0)
    assert psutil.pid_exists(pid)
    child.stop(0.2)
    assert _gone(pid)


def test_a_child_ends_when_the_measurement_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = (
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "from bench.child import Child\n"
        "words = [sys.executable, '-c', 'import os, time; print(os.getpid(), flush=True);"
        " time.sleep(60)']\n"
        f"Child('server', words, dict(os.environ), Path({str(log)!r}))\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script])
    try:
        end = time.monotonic() + 30
        while not (log.exists() and log.read_text().strip()) and time.monotonic() < end:
            time.sleep(0.05)
        pid = int(log.read_text())
        assert psutil.pid_exists(pid)
    finally:
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
    assert _gone(pid)


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
