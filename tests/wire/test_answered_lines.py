"""Turns of a live line that a pipeline answers: what is begun, when, and what is told of it."""

from __future__ import annotations

import pytest

from router.run import BEGUN
from tests.wire.lines import sound
from tests.wire.server import Server
from tests.wire.test_realtime import COMPLETED, DELTA, STOPPED, Event, heard, line

# The client opens its connection in a way that its WebSocket library calls old.
pytestmark = pytest.mark.filterwarnings("ignore:connect.. must be used as a context manager")


@pytest.mark.usefixtures("documents")
def test_a_turn_is_answered_by_a_pipeline(server: Server) -> None:
    with line(server, "admin", pipeline="support", customer_id="C-1042") as caller:
        # What comes all at once may be heard all at once, without a guess before the end.
        heard(server, caller, 0.8, 0.6, 0.6)
        caller.speak(sound(0.8, level=0.0))
        done = caller.until(COMPLETED)
        assert "podium.hypothesis" in caller.kinds()
        run: Event = {}
        while run.get("type") != "run.finished":
            told = caller.until("podium.run")
            assert told["item_id"] == done["item_id"]
            run = told["event"]
        assert run["run"]["output"]["reply"]
        assert run["run"]["label"]["level"] == "CONFIDENTIAL"
        assert "customer_audio" in run["run"]["label"]["categories"]


@pytest.mark.usefixtures("documents")
def test_the_intent_is_begun_while_the_caller_still_speaks(server: Server) -> None:
    with line(server, "admin", pipeline="support", customer_id="C-1042") as caller:
        looked = server.on_loop(lambda stage: len(stage.source.calls))
        heard(server, caller, 0.8, 0.6, 0.6)
        server.until(lambda stage: stage.chat.calls and len(stage.source.calls) > looked)
        begun = server.on_loop(lambda stage: stage.chat.calls[0].messages[-1].content)
        assert caller.until(DELTA)["delta"].split()[0] in begun
        assert "now" not in begun
        # The last piece of the turn is sent only now.
        caller.speak(sound(3.2) + sound(0.8, level=0.0))
        runs = [caller.until("podium.run")["event"]]
        assert STOPPED in caller.kinds() and COMPLETED in caller.kinds()
        while runs[-1]["type"] != "run.finished":
            runs.append(caller.until("podium.run")["event"])
        steps = {one["step"]: one for one in runs if one["type"] == "step.finished"}
        assert steps["customer"]["summary"] == BEGUN
        assert steps["intent"]["summary"] != BEGUN, "the whole turn says more"
        asked = server.on_loop(lambda stage: [one.messages[-1].content for one in stage.chat.calls])
        assert any("now" in text for text in asked)
        assert server.on_loop(lambda stage: len(stage.source.calls)) == looked + 1


@pytest.mark.usefixtures("documents")
def test_an_answer_begins_at_a_pause_and_is_told_at_the_end(server: Server) -> None:
    with line(server, "admin", pipeline="support", customer_id="C-1042") as caller:
        caller.speak(sound(1.5) + sound(0.3, level=0.0))
        # The turn has not ended, and nothing has come of the run.
        server.until(lambda stage: stage.chat.calls)
        caller.speak(sound(0.3, level=0.0))
        done = caller.until(COMPLETED)
        assert "podium.run" not in caller.kinds()
        runs = [caller.until("podium.run")["event"]]
        while runs[-1]["type"] != "run.finished":
            runs.append(caller.until("podium.run")["event"])
        assert [run["type"] for run in runs].count("run.started") == 1
        assert done["transcript"]
        asked = server.on_loop(lambda stage: len(stage.chat.calls))
    with line(server, "admin", pipeline="support", customer_id="C-1042") as caller:
        caller.speak(sound(1.5) + sound(0.3, level=0.0))
        server.until(lambda stage: len(stage.chat.calls) > asked)
        caller.speak(sound(1.5) + sound(0.8, level=0.0))
        # The caller went on: the first run is stopped, and only the whole turn is answered.
        runs = [caller.until("podium.run")["event"]]
        while runs[-1]["type"] != "run.finished":
            runs.append(caller.until("podium.run")["event"])
        assert [run["type"] for run in runs].count("run.started") == 1
