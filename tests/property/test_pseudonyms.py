"""Over drawn texts: restoring is exact in every chunking, sessions keep apart, nothing leaves.

The long form (10,000 texts) runs under `make assurance`.
"""

from __future__ import annotations

import pickle
import random
from collections.abc import Iterator

import pytest

from router.detect.scan import scan
from router.pseudonyms.redact import redact
from router.pseudonyms.restore import restore
from router.pseudonyms.spelling import LONGEST
from router.pseudonyms.stream import StreamRestorer
from router.pseudonyms.vault import Vault
from tests.pseudonym_world import CUSTOMER, HOME, TEXT, cuts, drawn_answer, vault

VALUES = ("jane@x.org", "Maria Young", "0301234567", "`x` y", "https://a.b/", "12 Elm\nStreet")
SEED = 20261122
counts = pytest.mark.parametrize(
    "count", [pytest.param(200, id="short"), pytest.param(10_000, marks=pytest.mark.assurance)]
)


_GIVEN = ("_vault", "_sink", "_writing")


def _issued(held: Vault) -> list[str]:
    return [held.issue(type_, value, TEXT).text for type_ in ("EMAIL", "P") for value in VALUES]


def _answers(count: int, tokens: list[str], pieces: int) -> Iterator[str]:
    rng = random.Random(SEED)
    for _ in range(count):
        yield drawn_answer(rng, tokens, rng.randint(2, pieces))


def _state(restorer: StreamRestorer) -> object:
    """All that decides what a restorer does next."""
    return _plain(
        {name: vars(restorer)[name] for name in ("_held", "_unknown", "_kept", "_places")}
    )


def _plain(one: object) -> object:
    if isinstance(one, dict):
        return {key: _plain(value) for key, value in one.items()}
    if isinstance(one, list):
        return "".join(one)
    return _plain(vars(one)) if hasattr(one, "__dict__") else one


def _kept(restorer: StreamRestorer) -> bytes:
    state = {name: one for name, one in vars(restorer).items() if name not in _GIVEN}
    return pickle.dumps(state)


def _going_on(kept: bytes, held: Vault) -> StreamRestorer:
    """A restorer in the state kept, to be fed with something else."""
    other = StreamRestorer(held, HOME)
    vars(other).update(pickle.loads(kept))  # noqa: S301 our own state
    return other


@pytest.mark.parametrize(
    "count", [pytest.param(200, id="short"), pytest.param(1_000, marks=pytest.mark.assurance)]
)
def test_every_cut_of_a_text_gives_the_same_answer(count: int) -> None:
    held = vault()
    restored = 0
    for text in _answers(count, _issued(held), 5):
        whole = restore(text, held, HOME)
        restored += whole.text != text
        for first, second in cuts(text):
            restorer = StreamRestorer(held, HOME)
            pieces = (text[:first], text[first:second], text[second:])
            out = "".join([restorer.feed(piece) for piece in pieces]) + restorer.finish()
            assert (out, restorer.unknown, restorer.kept) == (
                whole.text,
                whole.unknown,
                whole.kept,
            ), (text, first, second)
    assert restored > count // 4


@pytest.mark.parametrize(
    "count", [pytest.param(40, id="short"), pytest.param(10_000, marks=pytest.mark.assurance)]
)
def test_a_piece_leaves_the_state_its_letters_leave(count: int) -> None:
    """From each state that letters lead to, so by induction over the pieces in every chunking."""
    held = vault()
    tokens = _issued(held)
    for text in _answers(count, tokens, 4):
        kept, states, said = _letter_by_letter(text, held)
        for first in range(len(text)):
            for second in range(first + 2, len(text) + 1):
                restorer = _going_on(kept[first], held)
                assert said[first] + restorer.feed(text[first:second]) == said[second]
                assert _state(restorer) == states[second], (text, first, second)


def _letter_by_letter(text: str, held: Vault) -> tuple[list[bytes], list[object], list[str]]:
    """What a restorer keeps, its state to compare and what it has said, after each letter."""
    restorer = StreamRestorer(held, HOME)
    kept, states, said = [_kept(restorer)], [_state(restorer)], [""]
    for letter in text:
        said.append(said[-1] + restorer.feed(letter))
        kept.append(_kept(restorer))
        states.append(_state(restorer))
        assert restorer.held < LONGEST
    return kept, states, said


@counts
def test_nothing_is_restored_across_sessions(count: int) -> None:
    mine, other = vault("one", secret=b"s" * 32), vault("two", secret=b"s" * 32)
    tokens = _issued(mine)
    _issued(other)
    at_home = 0
    for text in _answers(count, tokens, 12):
        at_home += restore(text, mine, HOME).text != text
        there = restore(text, other, HOME)
        assert there.text == text
        assert not there.kept
    assert at_home > count // 3


_WRITTEN = (
    "Maria Young", "maria  YOUNG", "Ms Young", "Young, Maria", "M. Young", "M\u00e1ria Young",
    "maria.young@example.com", "MARIA.YOUNG@EXAMPLE.COM", "+49 30 1234567", "030 123 45 67",
    "12 Elm Street, Springfield", "12 elm st", "ORD-4711", "ord 4711", "bob@x.org",
    "DE89370400440532013000",
)  # fmt: skip
_BETWEEN = (
    " ", ", ", ". ", " and ", "\n", " (", ") ", " called about ", "! ", ": ", " \u5c71 ", " ' ",
    "; ", " [", "] ", "\U0001f642 ", " the lamp ", " 42 ", "\\", " [[EMAIL:k3f9q2x7]] ", " [[ ",
)  # fmt: skip
_GONE = ("young", "maria", "4711", "1234567", "1234 567", "elm", "bob", "de8937", "k3f9q2x7")


def _shown(text: str) -> list[str]:
    return [value for value in _GONE if value in text.lower()]


@counts
def test_redacting_hides_all_and_restoring_gives_back_every_letter(count: int) -> None:
    rng = random.Random(SEED)
    shown = 0
    for number in range(count):
        held = vault(str(number), seed=number)
        parts = (rng.choice((rng.choice(_WRITTEN), rng.choice(_BETWEEN))) for _ in range(12))
        text = " ".join(parts)
        done = redact(text, known=CUSTOMER, findings=scan(text).findings, vault=held, label=TEXT)
        shown += len(_shown(text))
        assert not _shown(done.text), text
        assert not done.residual, text
        assert restore(done.text, held, HOME).text == text
        assert not scan(done.text).findings, done.text
    assert shown > count


@counts
def test_no_token_looks_like_data_to_a_detector(count: int) -> None:
    held = vault()
    for number in range(count):
        token = held.issue(("ORDER", "EMAIL", "CARD", "PHONE")[number % 4], str(number), TEXT)
        assert not scan(f"see {token.text} and {token.text}").findings, token
