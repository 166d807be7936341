"""Which stretches of a recording are heard at once."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from models.local.speech_clips import Clip, grouped, join_clips


def test_near_stretches_are_joined_while_they_fit_the_window() -> None:
    speech = [Clip(0.0, 2.0), Clip(2.4, 4.0), Clip(4.3, 9.0)]
    assert join_clips(speech, window=8.0, gap=1.0) == [Clip(0.0, 4.0), Clip(4.3, 9.0)]


def test_a_long_silence_parts_stretches() -> None:
    speech = [Clip(0.0, 2.0), Clip(3.5, 4.0)]
    assert join_clips(speech, window=8.0, gap=1.0) == speech


def test_a_stretch_over_the_window_is_cut_and_nothing_lost() -> None:
    cut = join_clips([Clip(1.0, 20.0)], window=8.0, gap=1.0)
    assert cut == [Clip(1.0, 9.0), Clip(9.0, 17.0), Clip(17.0, 20.0)]


def test_a_gap_of_nothing_joins_nothing() -> None:
    speech = [Clip(0.0, 2.0), Clip(2.0, 3.0)]
    assert join_clips(speech, window=8.0, gap=0.1) == [Clip(0.0, 3.0)]
    assert join_clips(speech, window=8.0, gap=0.0) == speech


def test_no_speech_is_no_clip() -> None:
    assert join_clips([], window=8.0, gap=1.0) == []


@given(
    st.lists(st.tuples(st.floats(0.05, 30), st.floats(0, 5)), max_size=30),
    st.floats(1, 30),
    st.floats(0, 3),
)
def test_clips_fit_the_window_in_order_and_cover_all_speech(
    parts: list[tuple[float, float]], window: float, gap: float
) -> None:
    speech, now = [], 0.0
    for length, pause in parts:
        speech.append(Clip(now + pause, now + pause + length))
        now += pause + length
    clips = join_clips(speech, window=window, gap=gap)
    assert all(clip.end - clip.start <= window + 1e-9 for clip in clips)
    assert all(a.end <= b.start + 1e-9 for a, b in pairwise(clips))
    for stretch in speech:
        middle = (stretch.start + stretch.end) / 2
        assert any(clip.start <= middle <= clip.end for clip in clips)


def test_clips_are_taken_some_at_a_time() -> None:
    clips = [Clip(float(number), number + 0.5) for number in range(5)]
    assert grouped(clips, 2) == [clips[:2], clips[2:4], clips[4:]]
    assert grouped([], 2) == []
