"""Cranfield as its copy on GitHub has it, made into the two files that `bench retrieval` reads.

`python -m bench.cranfield FOLDER OUT` reads `docs.json`, `queries.json` and `qrels.json`. Positions
1 to 4 of a judgement count as relevant, any other does not; documents without text are left out. A
text begins with its title, which is taken off: the title is embedded with every passage anyway.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

RELEVANT = frozenset({1, 2, 3, 4})

Row = Mapping[str, Any]


def documents(rows: Iterable[Row]) -> Iterator[Row]:
    """`{id, title, text}` of each that has a text."""
    for row in rows:
        title, body = row["title"].strip(), row["body"].strip()
        text = body.removeprefix(title).strip() or body
        if text:
            yield {"id": str(row["id"]), "title": title, "text": text}


def queries(rows: Iterable[Row], judged: Iterable[Row], known: frozenset[str]) -> Iterator[Row]:
    """`{id, text, relevant}` of each with a relevant document among the known ones."""
    relevant: defaultdict[str, set[str]] = defaultdict(set)
    for one in judged:
        if int(one["position"]) in RELEVANT and str(one["id"]) in known:
            relevant[str(one["query_num"])].add(str(one["id"]))
    for row in rows:
        id_ = str(row["query number"])
        if found := relevant[id_]:
            yield {"id": id_, "text": row["query"], "relevant": sorted(found, key=int)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write OUT/docs.jsonl and OUT/queries.jsonl, and say how many there are of each."""
    parser = argparse.ArgumentParser(description="Make Cranfield readable for `bench retrieval`.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    asked = parser.parse_args(arguments)

    def read(name: str) -> Any:
        return json.loads((asked.folder / name).read_bytes())

    docs = list(documents(read("docs.json")))
    known = frozenset(row["id"] for row in docs)
    questions = list(queries(read("queries.json"), read("qrels.json"), known))
    asked.out.mkdir(parents=True, exist_ok=True)
    for name, rows in (("docs.jsonl", docs), ("queries.jsonl", questions)):
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (asked.out / name).write_text(text, encoding="utf-8")
    print(f"{len(docs)} documents, {len(questions)} queries", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
