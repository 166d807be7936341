"""The demo's part with a model outside: what it shows, and that it sees when something is wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from deployments.cli.demo_home import PIPELINE, prepare_outside
from deployments.cli.demo_outside import CUSTOMER, EMAIL, show_outside
from deployments.cli.failures import AnsweredError
from deployments.cli.server import Server
from deployments.home import Home
from deployments.library_files import read_library, read_plans
from deployments.settings import Settings
from router.policy_file import default_policy, load_policy

TOKEN = "[[EMAIL:k3f9q2x7]]"


@dataclass
class Podium:
    """Answers as an instance does, and writes down what left; `token` stands for the values."""

    capture: Path
    token: str = TOKEN
    back: bool = True
    refuses: bool = True

    def post(self, path: str, body: Any) -> Any:
        if PIPELINE in path:
            self._left(f"Customer {self.token}.")
            reply = f"Customer {CUSTOMER if self.back else self.token}."
            return {"output": {"reply": reply}, "redactions": [{"type": "CUSTOMER", "count": 1}]}
        text = body["messages"][0]["content"]
        if "route" in body and self.refuses:
            raise AnsweredError(403, {"message": "rule sites.openai.level"})
        self._left(text.replace(EMAIL, self.token))
        said = text if self.back else text.replace(EMAIL, self.token)
        return {"choices": [{"message": {"content": said}}], "route": {"redactions": []}}

    def _left(self, text: str) -> None:
        line = {"body": json.dumps({"messages": [{"role": "user", "content": text}]})}
        with self.capture.open("a") as file:
            file.write(json.dumps(line) + "\n")


def _shown(podium: Podium) -> list[str]:
    podium.capture.write_text("")
    return show_outside(cast(Server, podium), podium.capture)


def test_it_shows_what_left_and_what_came_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _shown(Podium(tmp_path / "stub.jsonl")) == []
    shown = capsys.readouterr().out
    assert f"left      Customer {TOKEN}." in shown
    assert f"answered  Customer {CUSTOMER}." in shown
    assert "replaced  CUSTOMER 1" in shown
    assert "left      nothing" in shown and "403 rule sites.openai.level" in shown


@pytest.mark.parametrize(
    ("podium", "wrong"),
    [
        ({"token": CUSTOMER}, "did not leave as pseudonyms"),
        ({"token": EMAIL}, "did not leave as pseudonyms"),
        ({"back": False}, "did not come back"),
        ({"refuses": False}, "was not kept inside"),
    ],
)
def test_it_says_what_is_wrong(tmp_path: Path, podium: dict[str, Any], wrong: str) -> None:
    assert wrong in " ".join(_shown(Podium(tmp_path / "stub.jsonl", **podium)))


def test_the_demo_s_home_alone_approves_pseudonyms(tmp_path: Path) -> None:
    home = Home(tmp_path)
    prepare_outside(home)
    assert load_policy(home.policy.read_bytes()).declassifiers["pseudonyms"].approved
    assert default_policy().declassifiers == {}
    settings = Settings(home=str(tmp_path))
    assert PIPELINE in read_plans(settings, str(tmp_path), read_library(settings, str(tmp_path)))
