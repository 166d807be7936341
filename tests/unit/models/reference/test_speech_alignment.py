"""Finding where each token is said."""

from __future__ import annotations

import numpy as np

from models.reference.speech_alignment import MARGIN, letter_frames, token_spans


def _paths(rows: list[list[int]], letters: int = 5) -> np.ndarray:
    """Log probabilities that favour the given id at each frame, padded with blanks."""
    frames = max(len(row) for row in rows)
    scores = np.full((frames, len(rows), letters), -6.0, dtype=np.float32)
    for index, row in enumerate(rows):
        for frame, best in enumerate(row + [0] * (frames - len(row))):
            scores[frame, index, best] = -0.01
    return scores


def test_letters_lie_where_they_were_heard() -> None:
    heard = [[0, 1, 0, 0, 2, 2, 0, 3], [0, 0, 4, 0]]
    frames = letter_frames(_paths(heard), [[1, 2, 3], [4]], np.array([8, 4]))
    assert frames[0].tolist() == [1.0, 4.5, 7.0]
    assert frames[1].tolist() == [2.0]


def test_a_doubled_letter_needs_a_blank_between() -> None:
    frames = letter_frames(_paths([[1, 1, 0, 1, 1]]), [[1, 1]], np.array([5]))
    assert frames[0].tolist() == [0.5, 3.5]


def test_a_row_without_letters_or_room_has_no_places() -> None:
    paths = _paths([[1, 2], [1, 2]])
    assert [len(row) for row in letter_frames(paths, [[], []], np.array([2, 2]))] == [0, 0]
    assert [len(row) for row in letter_frames(paths, [[1, 2, 3, 1], []], np.array([2, 2]))] == [
        0,
        0,
    ]


def test_tokens_span_their_letters_and_the_end_follows() -> None:
    frames = np.array([10, 12, 20, 22, 24], dtype=np.float32)
    spans = token_spans(frames, [2, 0, 3], 40)
    assert [(span.first + MARGIN, span.last - MARGIN) for span in spans[:3]] == [
        (10, 12),
        (12, 20),
        (20, 24),
    ]
    assert (spans[3].first, spans[3].last) == (24, 40)


def test_letters_that_do_not_add_up_have_no_spans() -> None:
    assert token_spans(np.array([1, 2], dtype=np.float32), [1], 9) == []
    assert token_spans(np.zeros(0, dtype=np.float32), [], 9) == []
