"""Metrics: names that never change, and no content in them."""

from __future__ import annotations

from router.telemetry import (
    ENGINE_RUNNING,
    ENGINE_WAITING,
    IN_FLIGHT,
    REQUESTS,
    TABLE,
    TTFT,
    Telemetry,
)
from tests.scripted_world import hit, support, world
from tests.support_contract import MESSAGE, REFUND, answers


def test_the_table_names_every_metric_once_and_explains_it() -> None:
    assert len({metric.name for metric in TABLE}) == len(TABLE)
    for metric in TABLE:
        assert metric.name.startswith("podium_")
        assert metric.help.endswith(".")


def test_what_was_told_is_shown() -> None:
    telemetry = Telemetry()
    telemetry.count(REQUESTS, path="/v1/chat/completions", model="mistral", status="200")
    telemetry.set(ENGINE_RUNNING, 3, model="mistral")
    telemetry.set(ENGINE_WAITING, 1, model="mistral")
    telemetry.move(IN_FLIGHT, 1, path="/v1/chat/completions")
    telemetry.observe(TTFT, 0.02, model="mistral")
    text = telemetry.text().decode()
    assert 'podium_engine_requests_running{model="mistral"} 3.0' in text
    assert 'podium_engine_requests_waiting{model="mistral"} 1.0' in text
    assert 'model="mistral",path="/v1/chat/completions",status="200"} 1.0' in text
    assert 'podium_ttft_seconds_bucket{le="0.025",model="mistral"} 1.0' in text


async def test_a_run_is_counted_by_step_and_without_content() -> None:
    made = world(answers())
    made.searcher.hits = (hit(REFUND, "refunds"),)
    result = await made.result(support(), {"text": MESSAGE})
    telemetry = Telemetry()
    telemetry.run(result)
    text = telemetry.text().decode()
    assert 'podium_runs_total{pipeline="support",status=' in text
    assert 'step="draft"' in text
    assert 'podium_decisions_total{model="mistral",removed_by=""}' in text
    # Creation times are long numbers that may hold any digits.
    counted = "\n".join(line for line in text.splitlines() if "_created" not in line)
    assert "refunds" not in counted
    assert "4217" not in counted
