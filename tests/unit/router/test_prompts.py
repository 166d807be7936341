"""Prompts: files to versions, labels to versions, and templates that can do nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import InternalError, InvalidConfig
from models.messages import Message
from models.reference import contract
from router.prompts import load_prompts, read_prompt
from router.template import compile_template, one_line, render

PROMPTS = load_prompts()
CHUNKS = ("# Refunds\n\nRefunds for headsets\nare paid within 37 days.", "Two  {{ x }}\tthree.")


def _plain(messages: tuple[Message, ...]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in messages]


def test_the_shipped_prompts_are_the_reference_models_contract_to_the_letter() -> None:
    passages = [{"n": n, "text": text} for n, text in enumerate(CHUNKS, 1)]
    note = {"customer": "C-1", "intent": "refund", "product": "", "order": "", "message": "Hi"}
    rendered = {
        "draft": {"passages": passages, "question": "When?"},
        "intent": {"message": "Where is it?"},
        "formal": {"message": "Hi", "draft": "It is [1]."},
        "polish": {"reply": "Dear customer."},
        "escalation": note,
    }
    wanted = {
        "draft": contract.answer_messages(CHUNKS, "When?"),
        "intent": contract.intent_messages("Where is it?"),
        "formal": contract.formal_messages("Hi", "It is [1]."),
        "polish": contract.polish_messages("Dear customer."),
        "escalation": contract.escalation_messages("C-1", "refund", "", "", "Hi"),
    }
    for name, values in rendered.items():
        prompt = PROMPTS.get(f"support/{name}@prod")
        assert _plain(prompt.render(values)) == wanted[name], name
    assert PROMPTS.get("support/draft@prod").refusal == contract.REFUSAL


def test_passages_are_put_on_one_line_as_in_training() -> None:
    for chunk in CHUNKS:
        assert one_line(chunk) == contract.passage(chunk)


def test_a_label_stands_for_a_version_and_a_version_for_itself() -> None:
    by_label = PROMPTS.get("support/draft@prod")
    assert by_label is PROMPTS.get("support/draft@v1")
    assert by_label.name == "support/draft@v1"
    assert len(by_label.digest) == 64


@pytest.mark.parametrize("name", ["support/draft", "support/draft@v9", "nobody@prod", "../x@prod"])
def test_a_prompt_that_is_not_there_is_named_with_its_field(name: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        PROMPTS.get(name, "steps.draft.prompt")
    assert caught.value.param == "steps.draft.prompt"


HELLO = "inputs: []\nmessages: [{role: user, content: Hello}]\n"


def _put(folder: Path, name: str, text: str = HELLO) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_a_folder_adds_prompts_and_versions_and_moves_labels(tmp_path: Path) -> None:
    _put(tmp_path, "support/draft/v2.yaml")
    _put(tmp_path, "mine/greeting/v1.yaml")
    _put(tmp_path, "README.md", "What these are for.")
    before = load_prompts(tmp_path)
    assert before.get("support/draft@prod").version == "v1"
    assert before.get("mine/greeting@v1").render({})[0].content == "Hello"
    _put(tmp_path, "labels.yaml", "support/draft: {prod: v2}\nmine/greeting: {test: v1}")
    after = load_prompts(tmp_path)
    assert after.get("support/draft@prod").version == "v2"
    assert after.get("support/draft@v1") is not None
    assert after.get("mine/greeting@test").version == "v1"
    assert after.get("support/intent@prod").version == "v1"
    assert set(after.names()) == {*PROMPTS.names(), "support/draft@v2", "mine/greeting@v1"}


def test_a_later_folder_replaces_a_version(tmp_path: Path) -> None:
    _put(tmp_path / "a", "support/draft/v1.yaml")
    _put(tmp_path / "b", "support/draft/v1.yaml", HELLO.replace("Hello", "Bye"))
    both = load_prompts(tmp_path / "a", tmp_path / "b").get("support/draft@prod")
    assert both.render({})[0].content == "Bye"
    assert both.digest != PROMPTS.get("support/draft@prod").digest


@pytest.mark.parametrize(
    ("name", "text", "param"),
    [
        ("labels.yaml", "support/draft: {prod: v9}", "support/draft.prod"),
        ("labels.yaml", "support/nobody: {prod: v1}", "support/nobody.prod"),
        ("labels.yaml", "support/draft: {prod: newest}", "support/draft.prod"),
        ("labels.yaml", "support/draft: v1", "support/draft"),
        ("labels.yaml", "- support/draft", None),
        ("support/draft/v2.yaml", "inputs: []\nmessages: []", "messages"),
        ("support/draft/v2.yml", HELLO, None),
        ("support/draft/two.yaml", HELLO, None),
        ("support/draft/labels.yaml", "{}", None),
        ("Support/Draft/v1.yaml", HELLO, None),
        ("v1.yaml", HELLO, None),
    ],
)
def test_a_wrong_file_of_a_folder_is_named(
    tmp_path: Path, name: str, text: str, param: str | None
) -> None:
    file = _put(tmp_path, name, text)
    with pytest.raises(InvalidConfig) as caught:
        load_prompts(tmp_path)
    assert str(file) in caught.value.message
    assert caught.value.param == param


@pytest.mark.parametrize(
    ("text", "param"),
    [
        (b"inputs: []\nmessages: []", "messages"),
        (b"inputs: []\nmessages: [{role: robot, content: Hi}]", "messages.0.role"),
        (b"inputs: [A]\nmessages: [{role: user, content: Hi}]", "inputs.0"),
        (b"inputs: []\nmessages: [{role: user, content: Hi}]\nmodel: gpt", "model"),
        (
            b"inputs: []\nmessages: [{role: user, content: '{{ name }}'}]",
            "a/v1.yaml messages.0.content",
        ),
        (
            b"inputs: []\nmessages: [{role: user, content: '{% if %}'}]",
            "a/v1.yaml messages.0.content",
        ),
        (
            b"inputs: []\nmessages: [{role: user, content: '{% include \"x\" %}'}]",
            "a/v1.yaml messages.0.content",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_its_field(text: bytes, param: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        read_prompt(text, "a", "v1")
    assert caught.value.param == param


@pytest.mark.parametrize(
    "template",
    [
        "{{ x.__class__ }}",
        "{{ x['__class__'] }}",
        "{{ x.upper() }}",
        "{{ x.upper }}",
        "{{ x | attr('upper') }}",
        "{{ x * 1000000 }}",
        "{{ 10 ** 10 }}",
        "{% for i in range(9) %}{{ i }}{% endfor %}",
        "{{ cycler('a') }}",
        "{{ self }}",
        "{{ x | map('upper') | list }}",
    ],
)
def test_templates_reach_nothing_but_plain_data(template: str) -> None:
    allowed = compile_template("{{ x }} {{ y.a }} {{ y['a'] }} {{ x | upper }}", _XY, "p")
    assert render(allowed, {"x": "v", "y": {"a": 1}}, "p") == "v 1 1 V"
    with pytest.raises((InvalidConfig, InternalError)):
        render(compile_template(template, _XY, "p"), {"x": "v", "y": {}}, "p")


@pytest.mark.parametrize(
    "template",
    ["{{ " + "(" * 3000 + "x" + ")" * 3000 + " }}", "{% for a in x %}" * 25 + "{% endfor %}" * 25],
    ids=["for the parser", "for Python"],
)
def test_a_template_nested_too_deeply_is_refused(template: str) -> None:
    compile_template(
        "{{ ((x)) }}{% for a in x %}{% for b in a %}{% endfor %}{% endfor %}", _XY, "p"
    )
    with pytest.raises(InvalidConfig, match="p is nested too deeply") as raised:
        compile_template(template, _XY, "p")
    assert raised.value.param == "p"


_XY = frozenset({"x", "y"})


def test_a_function_among_the_values_is_not_called() -> None:
    called: list[str] = []
    with pytest.raises(InternalError):
        render(compile_template("{{ x('a') }}", _XY, "p"), {"x": called.append, "y": 1}, "p")
    assert called == []


def test_values_are_never_read_as_templates() -> None:
    template = compile_template("{{ x }}", _XY, "p")
    assert render(template, {"x": "{{ y }}{% raw %}"}, "p") == "{{ y }}{% raw %}"
