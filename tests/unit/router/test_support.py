"""The pipeline for customer support, over scripted models that speak its contract."""

from __future__ import annotations

import json
from typing import Any

import pytest

from models.errors import InvalidAudio, InvalidRequest, ModelUnavailable, NotFound
from models.messages import ChatRequest
from models.reference import contract
from models.testing.scripted import ScriptedTranscriber
from router.events import RunResult, StepDelta, StepFinished, StepRestarted
from router.label import Label, Level
from tests.scripted_world import FixedSource, World, hit, reply_of, result_of, support, world
from tests.support_contract import (
    CRM,
    FIRST_FACT,
    MESSAGE,
    RECORD,
    REFUND,
    WRITTEN,
    answers,
    task_of,
)


def _changed_polish(task: str, request: ChatRequest) -> str | None:
    return "Refunds take 38 days [2]." if task == "polish" else None


def _world(**more: Any) -> World:
    made = world(answers(**more), source=FixedSource(CRM))
    made.searcher.hits = (hit("Delivery costs 9 euros.", "low", 0.2), hit(REFUND, "refunds", 0.8))
    return made


def _statuses(result: RunResult) -> dict[str, str]:
    return {report.name: report.status for report in result.steps}


def _prompt(made: World, task: str) -> str:
    return next(one for one in made.chat.calls if task_of(one) == task).messages[-1].content


async def test_a_question_is_answered_with_sources_that_its_citations_count() -> None:
    made = _world()
    events = await made.events(support(), {"text": MESSAGE, "customer_id": "C-1042"})
    result = result_of(events)
    assert result.status == "succeeded"
    assert reply_of(events) == result.reply
    assert result.reply == (
        "Hello, thank you. Refunds for headsets are paid within 37 days [1]. Your Lindwell team."
    )
    assert [source["id"] for source in result.sources] == ["refunds", "C-1042", "low"]
    assert result.sources[0] == {
        "id": "refunds",
        "title": "About refunds",
        "collection": "kb",
        "chunk": 0,
        "page": None,
        "quote": REFUND,
    }
    assert [check.passed for check in result.checks] == [True]
    assert result.prompt_version == "support/polish@v1"


async def test_prompts_are_the_contract_with_the_record_first_and_hits_by_score() -> None:
    made = _world(sentiment=-0.6)
    await made.result(support(), {"text": MESSAGE, "customer_id": "C-1042"})
    passages = [RECORD, REFUND, "Delivery costs 9 euros."]
    fact = "Refunds for headsets are paid within 37 days [2]."
    formal = f"Dear customer, thank you. {fact} Kind regards."
    wanted = {
        "intent": contract.intent_messages(WRITTEN),
        "draft": contract.answer_messages(passages, WRITTEN),
        "formal": contract.formal_messages(WRITTEN, fact),
        "polish": contract.polish_messages(formal),
        "escalation": contract.escalation_messages("C-1042", "refund", "headset", "4217", WRITTEN),
    }
    asked = {task_of(call): call for call in made.chat.calls}
    for task, messages in wanted.items():
        assert [
            {"role": one.role, "content": one.content} for one in asked[task].messages
        ] == messages
    assert asked["intent"].json_schema is not None
    assert made.searcher.calls[0].query == f"{WRITTEN} refund headset"
    assert (made.searcher.calls[0].collection, made.searcher.calls[0].k) == ("kb", 6)


async def test_a_call_is_transcribed_first() -> None:
    made = _world()
    made.transcriber = ScriptedTranscriber([MESSAGE])
    events = await made.events(support(), {"audio": b"RIFF", "customer_id": "C-1042"})
    assert made.transcriber.calls[0].audio == b"RIFF"
    assert result_of(events).reply
    heard = next(e for e in events if isinstance(e, StepFinished) and e.step == "transcribe")
    assert heard.value["text"] == MESSAGE
    assert result_of(events).label.categories == {"pii"}


async def test_the_record_is_asked_for_while_the_call_is_still_transcribed() -> None:
    made = _world()
    made.transcriber = ScriptedTranscriber([MESSAGE])
    events = await made.events(support(), {"audio": b"RIFF", "customer_id": "C-1042"})
    names = [(type(event).__name__, getattr(event, "step", "")) for event in events]
    assert names.index(("StepStarted", "customer")) < names.index(("StepFinished", "transcribe"))


async def test_drafts_stream_before_the_reply_is_decided() -> None:
    events = await _world().events(support(), {"text": MESSAGE, "customer_id": "C-1042"})
    drafted = [event.text for event in events
               if isinstance(event, StepDelta) and event.step == "draft"]  # fmt: skip
    assert len(drafted) > 3
    assert "".join(drafted) == "Refunds for headsets are paid within 37 days [2]."


@pytest.mark.parametrize(("sentiment", "note"), [(-0.6, True), (-0.4, False), (0.0, False)])
async def test_unhappy_callers_get_a_note_for_a_colleague(sentiment: float, note: bool) -> None:
    result = await _world(sentiment=sentiment).result(support(), {"text": MESSAGE})
    assert bool(result.output["note"]) is note
    assert _statuses(result)["escalation"] == ("succeeded" if note else "skipped")


async def test_without_a_customer_there_is_no_record_and_the_steps_say_so() -> None:
    made = _world(fact=FIRST_FACT)
    result = await made.result(support(), {"text": MESSAGE})
    assert _statuses(result)["customer"] == "skipped"
    assert made.source.calls == []
    assert "Customer" not in _prompt(made, "draft")
    assert result.status == "succeeded"


async def test_an_unknown_customer_has_no_rows_and_the_steps_say_so() -> None:
    made = _world(fact=FIRST_FACT)
    result = await made.result(support(), {"text": MESSAGE, "customer_id": "C-9999"})
    assert _statuses(result)["customer"] == "empty"
    assert result.status == "succeeded"


async def test_a_customer_database_that_is_down_costs_the_record_only() -> None:
    made = _world(fact=FIRST_FACT)
    made.source = FixedSource(error=NotFound("no such query"))
    result = await made.result(support(), {"text": MESSAGE, "customer_id": "C-1042"})
    assert (result.status, _statuses(result)["customer"]) == ("partial", "failed")
    assert result.reply


async def test_labels_travel_to_the_result() -> None:
    made = _world()
    without = await made.result(support(), {"text": MESSAGE}, tenant="acme")
    assert (without.label.level, without.label.categories) == (Level.INTERNAL, frozenset())
    with_record = await made.result(
        support(), {"text": MESSAGE, "customer_id": "C-1042"}, tenant="acme"
    )
    assert with_record.label.level == Level.CONFIDENTIAL
    assert with_record.label.subjects == {"C-1042"}
    assert with_record.label.tenants == {"acme"}
    raised = await made.result(support(), {"text": MESSAGE}, floor=Label(Level.RESTRICTED))
    assert raised.label.level == Level.RESTRICTED


async def test_a_passage_labels_what_is_made_from_it() -> None:
    made = _world(fact=FIRST_FACT)
    assert (await made.result(support(), {"text": MESSAGE})).label.level == Level.INTERNAL
    closed = Label(Level.CONFIDENTIAL, frozenset({"legal"})).to_json()
    made.searcher.hits = (hit(REFUND, "refunds", label=closed),)
    result = await made.result(support(), {"text": MESSAGE})
    assert (result.label.level, result.label.categories) == (Level.CONFIDENTIAL, {"legal"})
    made.searcher.hits = (hit(REFUND, "refunds", label="unreadable"),)
    assert (await made.result(support(), {"text": MESSAGE})).label.level == Level.RESTRICTED


async def test_a_passage_of_another_tenant_is_not_shown() -> None:
    made = _world(fact=FIRST_FACT)
    theirs = Label(Level.INTERNAL, tenants=frozenset({"globex"})).to_json()
    made.searcher.hits = (hit(REFUND, "ours"), hit("Their secret is 99.", "theirs", 0.1, theirs))
    shown = await made.result(support(), {"text": MESSAGE}, tenant="globex")
    assert "theirs" in [source["id"] for source in shown.sources]
    hidden = await made.result(support(), {"text": MESSAGE}, tenant="acme")
    assert [source["id"] for source in hidden.sources] == ["ours"]


async def test_nothing_found_is_refused_without_asking_the_model_for_facts() -> None:
    made = _world(fact=contract.REFUSAL)
    made.searcher.hits = ()
    result = await made.result(support(), {"text": MESSAGE})
    assert contract.REFUSAL in result.reply
    assert _statuses(result)["draft"] == "empty"
    assert "draft" not in [task_of(call) for call in made.chat.calls]
    assert (result.sources, result.status) == ((), "succeeded")


async def test_an_ungrounded_draft_is_asked_for_once_more() -> None:
    wrong = iter(["Refunds take 73 days [2].", None])
    made = _world(says=lambda task, request: next(wrong) if task == "draft" else None)
    events = await made.events(support(), {"text": MESSAGE, "customer_id": "C-1042"})
    result = result_of(events)
    assert StepRestarted("draft") in events
    assert "37 days [1]" in result.reply
    assert result.status == "succeeded"
    drafts = [call for call in made.chat.calls if task_of(call) == "draft"]
    assert [call.sampling.temperature for call in drafts] == [0.0, 0.5]


async def test_a_draft_ungrounded_twice_becomes_the_refusal() -> None:
    def says(task: str, request: ChatRequest) -> str | None:
        if task == "draft":
            return "Refunds take 73 days [2]."
        sent = request.messages[-1].content
        return f"Dear customer. {contract.REFUSAL}" if contract.REFUSAL in sent else None

    result = await _world(says=says).result(support(), {"text": MESSAGE, "customer_id": "C-1042"})
    assert contract.REFUSAL in result.reply
    assert "73" not in json.dumps(result.output)
    assert (result.status, _statuses(result)["draft"]) == ("partial", "refused")


async def test_a_polish_that_changes_a_number_gives_way_to_the_formal_reply() -> None:
    made = _world(says=_changed_polish)
    events = await made.events(support(), {"text": MESSAGE, "customer_id": "C-1042"})
    result = result_of(events)
    assert result.reply.startswith("Dear customer")
    assert reply_of(events) == result.reply
    assert (result.status, result.prompt_version) == ("partial", "support/formal@v1")
    assert "polish left out" in result.checks[0].detail


async def test_without_a_style_model_the_draft_is_the_reply() -> None:
    def script(request: ChatRequest) -> str | ModelUnavailable:
        down = task_of(request) in ("formal", "polish")
        return ModelUnavailable("down") if down else answers()(request)

    made = world(script, source=FixedSource(CRM))
    made.searcher.hits = (hit(REFUND, "refunds"),)
    result = await made.result(support(), {"text": MESSAGE, "customer_id": "C-1042"})
    assert result.reply == "Refunds for headsets are paid within 37 days [1]."
    assert _statuses(result)["polish"] == "skipped"


async def test_an_intent_that_is_no_json_costs_only_the_search_words_and_the_note() -> None:
    made = _world(says=lambda task, request: "?" if task == "intent" else None)
    result = await made.result(support(), {"text": MESSAGE, "customer_id": "C-1042"})
    assert made.searcher.calls[0].query == WRITTEN
    assert (result.status, _statuses(result)["intent"]) == ("partial", "failed")


async def test_silence_is_told_as_such() -> None:
    made = _world()
    made.transcriber = ScriptedTranscriber([""])
    result = await made.result(support(), {"audio": b"RIFF"})
    assert isinstance(result.error, InvalidAudio)
    assert made.chat.calls == []


async def test_nothing_to_answer_is_the_callers_error() -> None:
    for inputs in ({}, {"text": "   "}, {"customer_id": "C-1042"}):
        result = await _world().result(support(), inputs)
        assert isinstance(result.error, InvalidRequest)
        assert "text" in result.error.message


async def test_a_refusal_was_made_from_no_source() -> None:
    made = _world(fact=contract.REFUSAL)
    made.searcher.hits = (hit(REFUND, "refunds"),)
    result = await made.result(support(), {"text": "What does a monitor cost?"})
    assert contract.REFUSAL in result.reply
    assert result.sources == ()
