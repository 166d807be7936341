"""Prompt templates: Jinja2 that can read plain data and do nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NoReturn

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from models.errors import InternalError, InvalidConfig

_HEADING = re.compile(r"(?m)^#+ *")
_SPACE = re.compile(r"\s+")
_FILTERS = ("default", "first", "join", "last", "length", "lower", "title", "trim", "upper")


class _PlainData(ImmutableSandboxedEnvironment):
    """No attributes, no calls, no globals: `a.b` is only ever the key `b` of a mapping."""

    intercepted_binops = frozenset({"*", "**", "%", "//", "/", "+", "-"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Mapping | list | tuple):
            try:
                return obj[argument]
            except (LookupError, TypeError):
                return self.undefined(obj=obj, name=argument)
        return self.undefined(obj=obj, name=argument)

    def is_safe_callable(self, obj: Any) -> bool:
        return False

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> NoReturn:
        raise SecurityError("a prompt template does no arithmetic")


def one_line(text: object) -> str:
    """A passage on one line: heading marks go, white space becomes single spaces."""
    return _SPACE.sub(" ", _HEADING.sub("", str(text))).strip()


def _environment() -> _PlainData:
    env = _PlainData(
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals.clear()
    env.filters = {name: env.filters[name] for name in _FILTERS} | {"one_line": one_line}
    return env


_ENV = _environment()


def compile_template(text: str, inputs: frozenset[str], field: str) -> Template:
    """The template, checked to read only `inputs`; raises InvalidConfig naming `field`."""
    try:
        tree = _ENV.parse(text)
        unknown = sorted(meta.find_undeclared_variables(tree) - inputs)
        if unknown:
            raise InvalidConfig(
                f"{field} reads {', '.join(unknown)}, which is not among its inputs.", param=field
            )
        if any(name.name == "self" for name in tree.find_all(nodes.Name)):
            raise InvalidConfig(f"{field} must not read itself.", param=field)
        if list(tree.find_all((nodes.Include, nodes.Extends, nodes.Import, nodes.FromImport))):
            raise InvalidConfig(f"{field} must not include other templates.", param=field)
        return _ENV.from_string(text)
    except (TemplateSyntaxError, TemplateError) as error:
        raise InvalidConfig(f"{field}: {error.message}.", param=field) from error
    except (RecursionError, SyntaxError) as error:
        # The latter is Python's own, of the code that Jinja wrote.
        raise InvalidConfig(
            f"{field} is nested too deeply: make it flatter.", param=field
        ) from error


def render(template: Template, values: Mapping[str, Any], name: str) -> str:
    """The text of a template; the values themselves are never read as templates."""
    try:
        return template.render(values)
    except (TemplateError, SecurityError) as error:
        raise InternalError(f"The prompt {name} could not be rendered: see its inputs.") from error
