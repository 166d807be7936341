"""The measurement on a GPU, all of it that a processor can run."""

from __future__ import annotations

import io
import json
import threading
from contextlib import ExitStack, redirect_stdout
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bench.chat import Plan
from bench.gpu import REAL, TINY, chat_row, compared, main
from bench.gpu_device import Device, check
from bench.gpu_engines import embedder_rates, speech_rates, table
from bench.gpu_shapes import TINY_CHAT, TINY_SPEECH, ChatShape, write_chat, write_speech
from bench.servers import Server, bare_command
from deployments.onboarding.machine import Gpu
from models.catalog import ModelCard
from models.errors import SetupError
from models.local.engine_settings import check_engine

FOUND = Device((Gpu("H100", 1 << 37, 1 << 37),), "2.11.0", 1, 1, "0.26.0")


def test_what_is_missing_is_named_together() -> None:
    check(FOUND)
    for change, said in (
        ({"gpus": ()}, "nvidia-smi"),
        ({"torch_sees": 0}, "torch 2.11.0 sees none"),
        ({"ctranslate2_sees": 0}, "CTranslate2"),
        ({"vllm": None}, "vllm is not installed"),
    ):
        with pytest.raises(SetupError, match=said):
            check(replace(FOUND, **change))  # type: ignore[arg-type]
    with pytest.raises(SetupError, match=r"nvidia-smi.*CTranslate2.*--tiny"):
        check(Device((), "2.13.0+cpu", 0, 0, None))


def test_the_chat_model_has_the_size_of_mistral_7b(tmp_path: Path) -> None:
    folder = write_chat(tmp_path / "chat", ChatShape())
    config = json.loads((folder / "config.json").read_text())
    per_layer = 4096 * (4096 + 2 * 1024 + 4096 + 3 * 14_336)
    whole = config["num_hidden_layers"] * per_layer + 2 * config["vocab_size"] * 4096
    assert 7.2e9 < whole < 7.3e9
    assert not list(folder.glob("*.safetensors"))


def test_every_token_it_may_write_has_a_text(tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    folder = write_chat(tmp_path / "chat", TINY_CHAT)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert tokenizer.get_vocab_size() == TINY_CHAT.vocabulary
    assert tokenizer.decode([TINY_CHAT.vocabulary - 1]) == f"w{TINY_CHAT.vocabulary - 1}"
    text = "My order number is 4711."
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    assert tokenizer.decode(ids) == text and max(ids) < 1408


@pytest.mark.parametrize("size", [REAL, TINY])
def test_both_sides_have_one_row(tmp_path: Path, size: Any) -> None:
    card = ModelCard.model_validate(chat_row(write_chat(tmp_path / "chat", size.chat), size))
    check_engine(card)
    words = bare_command(card, 1)
    assert words[words.index("--load-format") + 1] == "dummy"
    assert card.num_gpus == (1 if size is REAL else 0)


class Answering(BaseHTTPRequestHandler):
    """Answers as a chat server does, with as many tokens as it is asked for."""

    protocol_version = "HTTP/1.0"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.end_headers()
        piece = {"choices": [{"index": 0, "delta": {"content": "w"}}]}
        told = {"prompt_tokens": 9, "completion_tokens": asked["max_tokens"]}
        for one in [*[piece] * asked["max_tokens"], {"choices": [], "usage": told}]:
            self.wfile.write(f"data: {json.dumps(one)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *args: Any) -> None:
        """Nothing to say."""


def test_two_servers_are_compared_and_the_report_is_written(tmp_path: Path) -> None:
    card = ModelCard.model_validate(chat_row(write_chat(tmp_path / "chat", TINY_CHAT), TINY))
    with ExitStack() as stack:
        server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Answering))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stack.callback(server.shutdown)
        where = Server(f"http://127.0.0.1:{server.server_port}")
        both = {"bare": where, "podium": where}
        words = ["--tiny", "--parts", "chat", "--out", str(tmp_path), "--rounds", "1"]
        found = compared(stack, both, Plan(1, TINY.concurrency, 2), card, tmp_path, words)
    assert [one.concurrency for one in found] == [1, 2]
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["about"]["command"] == "python -m bench.gpu --tiny --parts chat --rounds 1"


def test_a_speech_model_of_that_shape_is_heard_to_the_last_token(tmp_path: Path) -> None:
    folder = write_speech(tmp_path / "speech", TINY_SPEECH, "float32")
    one, two = speech_rates(folder, "cpu", (1, 2), windows=2, rounds=1, tokens=4)
    assert (one.batch, two.batch) == (1, 2)
    assert one.amount == 60 and one.each_second > 0
    assert list(table([one]))[2].startswith("| faster-whisper | 1 | ")


def test_the_embedder_reads_every_text() -> None:
    [rate] = embedder_rates("cpu", (4096,), texts=4, rounds=1)
    assert rate.amount > 4 * 50 and len(rate.seconds) == 1


def test_without_a_gpu_it_says_so_and_begins_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    assert main(["--out", str(tmp_path / "out")]) == 1
    assert "needs a GPU" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


class Impatient(io.StringIO):
    """A terminal at which somebody presses Ctrl-C when the first line appears."""

    def write(self, text: str) -> int:
        raise KeyboardInterrupt


def test_ctrl_c_ends_it_with_the_code_for_that(tmp_path: Path) -> None:
    with redirect_stdout(Impatient()):
        assert main(["--tiny", "--parts", "embed", "--out", str(tmp_path / "out")]) == 130


@pytest.mark.parametrize("rounds", ["0", "-1"])
def test_no_rounds_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rounds: str
) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["--tiny", "--rounds", rounds, "--out", str(tmp_path / "out")])
    assert raised.value.code == 2
    assert "--rounds: must be 1 or more" in capsys.readouterr().err
