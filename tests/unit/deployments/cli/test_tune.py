"""`podium tune` over a served collection: what it asks, what it prints, what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.deployments.cli.served import Cli, Podium, Reply, Request

SEARCH = "/v1/collections/kb/search"
COUNT = 40


@pytest.fixture
def queries(tmp_path: Path) -> Path:
    """Each query has a document of its own."""
    rows = [{"id": f"q{n}", "text": f"ask {n}", "relevant": [f"d{n}"]} for n in range(COUNT)]
    path = tmp_path / "queries.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def asked(podium: Podium) -> list[tuple[str, str, int]]:
    """What the server was asked; by words it finds the right document first, by vectors last."""
    seen: list[tuple[str, str, int]] = []

    def search(request: Request) -> Reply:
        body = request.json()
        seen.append((body["query"], body["mode"], body["k"]))
        right = f"d{body['query'].split()[1]}"
        wrong = [f"d{n}" for n in range(COUNT) if f"d{n}" != right][:11]
        ids = [right, *wrong] if body["mode"] == "lexical" else [*wrong, right]
        hits = [{"id": id_, "chunk": 0, "score": 1.0 / at} for at, id_ in enumerate(ids, start=1)]
        return Reply({"hits": hits})

    podium.on("POST", SEARCH, search)
    return seen


def test_the_better_mode_is_picked_and_printed_as_it_is_set(
    cli: Cli, at: list[str], queries: Path, asked: list[tuple[str, str, int]]
) -> None:
    words = ("tune", "--queries", str(queries), "--collection", "kb", *at)
    told = cli(*words, "--json")
    assert told.code == 0
    found = told.json()
    assert (found["queries"], found["is_certain"], found["default"]["mode"]) == (40, True, "dense")
    assert (found["chosen"]["mode"], found["chosen"]["k"]) == ("lexical", 3)
    assert found["gain_ndcg10"] == found["held_out"]["ndcg10"] == 1.0
    assert sorted(asked) == sorted(
        (f"ask {n}", mode, 100) for n in range(COUNT) for mode in ("dense", "lexical")
    )
    shown = cli(*words)
    assert "gains +1.000 nDCG@10" in shown.out
    settings = shown.out.split("settings.yaml:\n\n")[1]
    assert settings.startswith("retriever:\n  collection:\n")
    assert "    mode: lexical\n" in settings
    assert settings.endswith("    k: 3\n")


def test_one_of_documents_and_collection_must_be_said(
    cli: Cli, at: list[str], queries: Path
) -> None:
    for more in ((), ("--collection", "kb", "--docs", str(queries))):
        refused = cli("tune", "--queries", str(queries), *more, *at)
        assert (refused.code, refused.out) == (2, "")
        assert "Say either --docs or --collection." in refused.err


def test_a_bad_row_is_named(cli: Cli, at: list[str], tmp_path: Path) -> None:
    path = tmp_path / "queries.jsonl"
    path.write_text('{"id": "1", "text": "ask", "relevant": []}\n')
    refused = cli("tune", "--queries", str(path), "--collection", "kb", *at)
    assert refused.code == 2
    assert "queries.jsonl row 1: 'relevant' must be a list of ids." in refused.err
