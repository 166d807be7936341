"""`podium talk` against a gateway over scripted models, as a user runs it."""

from __future__ import annotations

import io
import json
import wave
from pathlib import Path

import pytest

from deployments.cli.main import main
from deployments.cli.talk_view import TalkView
from models.live import AudioFormat
from tests.wire.lines import sound
from tests.wire.server import Server

TRANSCRIPTION = "conversation.item.input_audio_transcription"


@pytest.fixture
def spoken(tmp_path: Path) -> Path:
    """A WAV file of two seconds, in which somebody speaks."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(AudioFormat.PCM16.rate)
        file.writeframes(sound(1.5) + sound(0.2, level=0.0))
    path = tmp_path / "call.wav"
    path.write_bytes(made.getvalue())
    return path


def _run(capsys: pytest.CaptureFixture[str], server: Server, *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(("talk", *words, "--url", server.url, "--key", server.key()))
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    return code, printed.out, printed.err


@pytest.mark.usefixtures("documents")
def test_words_come_before_the_answer(
    server: Server, capsys: pytest.CaptureFixture[str], spoken: Path
) -> None:
    code, out, _ = _run(capsys, server, "--audio", str(spoken), "--customer", "C-1042", "--json")
    assert code == 0
    kinds = [json.loads(line)["type"] for line in out.splitlines()]
    assert kinds.index(f"{TRANSCRIPTION}.delta") < kinds.index(f"{TRANSCRIPTION}.completed")
    assert kinds.index(f"{TRANSCRIPTION}.completed") < kinds.index("podium.run")
    runs = [event["event"] for line in out.splitlines() if "event" in (event := json.loads(line))]
    assert runs[-1]["type"] == "run.finished"
    assert runs[-1]["run"]["output"]["reply"]


def test_nothing_but_words_without_a_pipeline(
    server: Server, capsys: pytest.CaptureFixture[str], spoken: Path
) -> None:
    code, out, err = _run(capsys, server, "--audio", str(spoken), "--pipeline", "none")
    assert (code, err) == (0, "")
    assert out.startswith("> My order number is")


@pytest.mark.parametrize(
    ("words", "expected", "told"),
    [
        (("--pipeline", "nobody"), 2, "nobody"),
        (("--model", "mistral"), 2, "mistral"),
    ],
)
def test_what_cannot_be_is_said(
    server: Server,
    capsys: pytest.CaptureFixture[str],
    spoken: Path,
    words: tuple[str, ...],
    expected: int,
    told: str,
) -> None:
    code, _, err = _run(capsys, server, "--audio", str(spoken), *words)
    assert code == expected
    assert told in err


def test_no_microphone_and_no_file_are_said(
    server: Server, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, _, err = _run(capsys, server, "--audio", str(tmp_path / "none.wav"))
    assert code == 2
    assert "cannot be read" in err
    code, _, err = _run(capsys, server)
    assert code == 2
    assert "no microphone" in err


def test_nothing_there_is_said(capsys: pytest.CaptureFixture[str], spoken: Path) -> None:
    capsys.readouterr()
    assert main(("talk", "--audio", str(spoken), "--url", "http://127.0.0.1:9", "--key", "x")) == 3
    assert "Nothing answers" in capsys.readouterr().err


def test_a_terminal_shows_guesses_in_grey(capsys: pytest.CaptureFixture[str]) -> None:
    view = TalkView(terminal=True)
    view.show({"type": f"{TRANSCRIPTION}.delta", "delta": "Where is"})
    view.show({"type": "podium.hypothesis", "text": "my lap\x1b[2J"})
    out = capsys.readouterr().out
    assert "\x1b[90m my lap[2J\x1b[0m" in out
    plain = TalkView(terminal=False)
    plain.show({"type": f"{TRANSCRIPTION}.delta", "delta": "Where is"})
    plain.show({"type": "podium.hypothesis", "text": "my lap"})
    assert capsys.readouterr().out == "> Where is"
