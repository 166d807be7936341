"""A line over scripted speech: what it asks for, what it shows, and when a turn is over."""

from __future__ import annotations

from itertools import count

import pytest

from models.errors import InternalError, Overloaded
from router.live.endpoint import FRAME, EndpointRules
from router.live.events import (
    Hypothesis,
    LineEvent,
    SpeechStarted,
    SpeechStopped,
    TurnCommitted,
    TurnCompleted,
    TurnFailed,
    TurnPaused,
    WordsCommitted,
)
from router.live.line import Ask, Line, LineRules

RULES = LineRules(EndpointRules(pause=0.16, silence=0.5, longest=3.0))


def _line(rules: LineRules = RULES) -> Line:
    names = count(1)
    return Line(rules, lambda: f"item_{next(names)}")


def _feed(line: Line, seconds: float, probability: float = 0.9) -> list[LineEvent]:
    frames = round(seconds * 31.25)
    return line.listen(bytes(2 * FRAME * frames), [probability] * frames)


def _asked(line: Line) -> Ask:
    ask = line.ask()
    assert ask is not None
    return ask


def _words(events: list[LineEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, WordsCommitted))


def test_words_stand_while_the_caller_speaks() -> None:
    line = _line()
    events = _feed(line, 0.8)
    assert events == [SpeechStarted("item_1", 0)]
    first = _asked(line)
    assert not first.final
    assert line.ask() is None
    assert line.heard(first, "Where is my") == [Hypothesis("item_1", "Where is my")]
    _feed(line, 0.4)
    second = line.heard(_asked(line), "where is my laptop")
    assert second == [
        WordsCommitted("item_1", "where is my"),
        Hypothesis("item_1", "laptop"),
    ]
    _feed(line, 0.2, 0.0)
    final = _asked(line)
    assert final.final
    assert line.heard(final, "Where is my laptop?") == [
        WordsCommitted("item_1", " laptop?"),
        TurnPaused("item_1", "Where is my laptop?"),
    ]
    ended = _feed(line, 0.5, 0.0)
    assert [type(event) for event in ended] == [SpeechStopped, TurnCommitted, TurnCompleted]
    done = ended[-1]
    assert isinstance(done, TurnCompleted)
    assert (done.text, done.revised) == ("Where is my laptop?", 0)
    assert line.settled


def test_a_quiet_line_asks_nothing_and_a_speaking_one_does() -> None:
    speaking = _line()
    _feed(speaking, 1.0)
    assert speaking.ask() is not None
    quiet = _line()
    assert _feed(quiet, 30.0, 0.1) == []
    assert quiet.ask() is None
    # A click is no speech.
    _feed(quiet, 0.064, 0.9)
    assert _feed(quiet, 1.0, 0.1) == []


def test_the_turn_waits_for_every_clip_and_none_overtakes() -> None:
    line = _line()
    _feed(line, 1.0)
    _feed(line, 0.2, 0.0)
    _feed(line, 1.0)
    events = _feed(line, 0.6, 0.0)
    assert isinstance(events[-1], TurnCommitted)
    _feed(line, 1.0)
    events = _feed(line, 0.6, 0.0)
    assert TurnCommitted("item_2", "item_1") in events
    said = [line.heard(_asked(line), text) for text in ("One.", "Two.", "Three.")]
    assert [_words(events) for events in said] == ["One.", " Two.", "Three."]
    done = [event for part in said for event in part if isinstance(event, TurnCompleted)]
    assert [event.text for event in done] == ["One. Two.", "Three."]


def test_a_clip_longer_than_the_window_is_cut_and_loses_nothing() -> None:
    line = _line()
    total = 0
    for _ in range(40):
        _feed(line, 0.32)
        ask = line.ask()
        if ask is not None and ask.final:
            total += len(ask.audio)
            assert len(ask.audio) <= 3.0 * 32_000
        if ask is not None:
            line.heard(ask, "word")
    line.commit()
    while (ask := line.ask()) is not None:
        total += len(ask.audio)
        line.heard(ask, "word")
    assert total == 40 * 10 * 2 * FRAME


def test_committing_ends_a_turn_without_a_detector() -> None:
    line = _line(LineRules(EndpointRules(silence=1e6), detect=False))
    assert line.empty
    events = _feed(line, 1.0)
    assert events == []
    assert not line.empty
    assert line.commit() == [TurnCommitted("item_1", None)]
    done = line.heard(_asked(line), "Hello.")
    assert [type(event) for event in done] == [WordsCommitted, TurnCompleted]


def test_committed_silence_is_an_empty_transcript() -> None:
    line = _line()
    _feed(line, 1.0, 0.0)
    _, completed = line.commit()
    assert isinstance(completed, TurnCompleted)
    assert completed.text == ""


def test_clearing_forgets_the_open_turn_only() -> None:
    line = _line()
    _feed(line, 1.0)
    ask = _asked(line)
    assert line.clear() is ask
    assert line.heard(ask, "forget this") == []
    assert line.settled
    _feed(line, 1.0)
    assert _asked(line).turn.item == "item_2"


def test_a_failed_final_pass_fails_its_turn_and_the_next_goes_on() -> None:
    line = _line()
    _feed(line, 1.0)
    lost = _asked(line)
    assert line.failed(lost, InternalError("x")) == []
    _feed(line, 0.6, 0.0)
    error = InternalError("x")
    assert line.failed(_asked(line), error) == [TurnFailed("item_1", error)]
    _feed(line, 1.0)
    _feed(line, 0.6, 0.0)
    assert isinstance(line.heard(_asked(line), "Yes.")[-1], TurnCompleted)


def test_speech_that_nobody_writes_down_is_refused_in_the_end() -> None:
    line = _line(LineRules(RULES.endpoint, backlog=5.0))
    _feed(line, 4.0)
    with pytest.raises(Overloaded):
        _feed(line, 4.0)


def test_the_words_of_a_revised_clip_are_counted() -> None:
    line = _line()
    for text in ("my order number is", "my order number is nine"):
        _feed(line, 0.7)
        line.heard(_asked(line), text)
    _feed(line, 0.6, 0.0)
    shown = line.heard(_asked(line), "My older number is nine.")
    assert _words(shown) == " nine."
    done = shown[-1]
    assert isinstance(done, TurnCompleted)
    assert done.revised == 1
