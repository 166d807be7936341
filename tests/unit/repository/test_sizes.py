"""Files stay under 400 lines and functions under 60."""

from __future__ import annotations

import ast

from tests.tracked import readable, tracked

FILE_LINES = 400
FUNCTION_LINES = 60


def too_long(name: str, text: str) -> list[str]:
    """What in one Python file is over the cap, as readable complaints."""
    lines = len(text.splitlines())
    found = [f"{name}: {lines} lines"] if lines > FILE_LINES else []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                found.append(f"{name}:{node.lineno} {node.name}: {length} lines")
    return found


def test_no_file_and_no_function_is_over_the_cap() -> None:
    planted = "def f():\n" + "    x = 1\n" * FUNCTION_LINES
    assert too_long("planted.py", planted) == ["planted.py:1 f: 61 lines"]
    assert too_long("planted.py", "x = 1\n" * 401) == ["planted.py: 401 lines"]
    complaints = [c for name, text in readable(tracked(".py")) for c in too_long(name, text)]
    assert complaints == []


def test_no_module_takes_the_name_of_a_package_or_the_standard_library() -> None:
    import sys

    taken = {"models", "router", "retrieval", "deployments"} | set(sys.stdlib_module_names)
    top = [p for p in tracked(".py") if p.parent.name == "deployments"]
    # Ray puts the driver's folder on the workers' path: these would hide the real ones.
    assert [p.name for p in top if p.stem in taken - {"__init__"}] == []
