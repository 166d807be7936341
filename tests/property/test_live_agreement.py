"""Laws of LocalAgreement-2 and of endpointing, whatever the model says and however it is cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from router.live.agreement import Agreement, plain
from router.live.endpoint import Endpoint, EndpointRules, Mark

WORDS = st.lists(st.sampled_from(["I", "want", "my", "order", "Order,", "now."]), max_size=8)
RULES = EndpointRules(pause=0.16, silence=0.4, longest=2.0)


@given(st.lists(WORDS, max_size=12))
def test_committed_words_are_never_revised(hypotheses: list[list[str]]) -> None:
    state = Agreement()
    for words in hypotheses:
        before = state.committed
        state, new = state.hear(words)
        assert state.committed == before + new


@given(st.lists(WORDS, min_size=1, max_size=12))
def test_what_stands_was_said_twice_in_a_row(hypotheses: list[list[str]]) -> None:
    state = Agreement()
    for last, words in zip([[], *hypotheses], hypotheses, strict=False):
        known = len(state.committed)
        state, new = state.hear(words)
        for place, word in enumerate(new, known):
            assert plain(word) == plain(last[place]) == plain(words[place])


@given(WORDS, st.data())
def test_hypotheses_that_grow_into_the_final_text_add_up_to_it(
    final: list[str], data: st.DataObject
) -> None:
    lengths = sorted(data.draw(st.lists(st.integers(0, len(final)), max_size=8)))
    state, shown = Agreement(), []
    for length in lengths:
        state, new = state.hear(final[:length])
        shown += new
    settled = state.settle(final)
    assert settled.revised == 0
    assert [*shown, *settled.rest] == final


@given(WORDS, st.lists(WORDS, max_size=6))
def test_the_end_revises_no_more_than_stands(final: list[str], before: list[list[str]]) -> None:
    state = Agreement()
    for words in before:
        state, _ = state.hear(words)
    settled = state.settle(final)
    assert 0 <= settled.revised <= len(state.committed)
    assert settled.rest == tuple(final[len(final) - len(settled.rest) :])


@given(st.lists(st.sampled_from([0.0, 0.4, 0.9]), max_size=400))
def test_marks_nest_and_clips_never_overlap(probabilities: list[float]) -> None:
    endpoint = Endpoint(RULES)
    marks: list[Mark] = []
    for probability in probabilities:
        marks += endpoint.frame(probability)
    marks += endpoint.close()
    in_turn = in_clip = False
    last = 0
    for kind, frame in marks:
        assert 0 <= frame <= len(probabilities)
        if kind == "turn_begins":
            assert not in_turn
            in_turn = True
        elif kind == "clip_begins":
            assert in_turn
            assert not in_clip
            assert frame >= last
            in_clip, last = True, frame
        elif kind == "clip_ends":
            assert in_clip
            assert frame > last or frame == last == 0
            assert frame - last <= 2.0 * 31.25 + 1
            in_clip, last = False, frame
        else:
            assert in_turn
            assert not in_clip
            in_turn = False
    assert not in_turn
    assert not in_clip
