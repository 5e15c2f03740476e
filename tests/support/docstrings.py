"""What the docstring of a public name leaves out: parameters, fields, errors, shapes of arrays."""

from __future__ import annotations

import ast
import dataclasses
import functools
import importlib
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from basis_store import errors
from tests.support.source_tree import PACKAGES, modules

_ARRAYS = re.compile(r"\b(\w*Array|NDArray|ArrayLike|Tensor)\b")
_SHAPED_ANNOTATION = re.compile(r"""(?:Float|Int|Bool|Complex|Shaped|Inexact|Integer|Num)\w*\[\w*Tensor, *['"]""")
# "(n, 3)", "(n,)", "(..., 3)", "(sum of sizes, 3)"; "()" and "(a number)" for one number.
_SHAPE = re.compile(r"\((?:(?:[\w.+*/ -]+,)+[\w.+*/ -]*|a number|)\)")
_REFERENCE = re.compile(r"(?:arguments|otherwise) as (?:in |for )?:(?:class|func|meth):")
"""A docstring may refer to another one for all parameters, or, with "as for :func:", for one."""
_OUR_ERRORS = {name for name, one in vars(errors).items() if inspect.isclass(one) and issubclass(one, Exception)}


def omissions(name: str, module: str) -> list[str]:
    """What the documentation of a public name lacks, one line each.

    Args:
        name: the name.
        module: the module that defines it.
    """
    value = getattr(importlib.import_module(module), name)
    if inspect.isclass(value):
        return [*_class_omissions(value), *_method_omissions(value)]
    if callable(value):
        return list(_function_omissions(value))
    return [] if _documented_constant(name, module) else ["no docstring below the assignment"]


def _class_omissions(cls: type) -> Iterator[str]:
    if not cls.__dict__.get("__doc__"):
        yield "no docstring"
        return
    if issubclass(cls, Exception):
        return
    # Fields of a base class are documented there.
    text = "\n".join(base.__doc__ or "" for base in cls.__mro__ if base.__module__.split(".")[0] in PACKAGES)
    for parameter, annotation in _constructor(cls).items():
        yield from _parameter_omissions(text, parameter, annotation)


def _constructor(cls: type) -> dict[str, str]:
    """Names and annotations of what a class is made from, and of its fields."""
    if dataclasses.is_dataclass(cls):
        return {field.name: str(field.type) for field in dataclasses.fields(cls) if not field.name.startswith("_")}
    if hasattr(cls, "_fields"):
        return {field: str(cls.__annotations__.get(field, "")) for field in cls._fields}
    if "__init__" not in cls.__dict__:
        return {}
    return _parameters(cls.__init__)  # type: ignore[misc]  # of this very class


def _method_omissions(cls: type) -> Iterator[str]:
    for name, member in vars(cls).items():
        if name.startswith("_") or member.__class__.__name__ not in {"function", "classmethod", "staticmethod"}:
            continue
        function = inspect.unwrap(member.__func__ if isinstance(member, classmethod | staticmethod) else member)
        if function.__module__ != cls.__module__ or any(name in vars(base) for base in cls.__mro__[1:]):
            continue  # not written here, or documented at the base class
        for omission in _function_omissions(function):
            yield f".{name}: {omission}"


def _function_omissions(function: Callable[..., Any]) -> Iterator[str]:
    function = inspect.unwrap(function)
    text = function.__doc__ or ""
    if not text:
        yield "no docstring"
        return
    if not _REFERENCE.search(text):
        for parameter, annotation in _parameters(function).items():
            yield from _parameter_omissions(text, parameter, annotation)
    returned = "" if _REFERENCE.search(text) else str(function.__annotations__.get("return", ""))
    if _ARRAYS.search(returned) and not _SHAPED_ANNOTATION.search(returned) and not _SHAPE.search(text):
        yield f"no shape of what is returned ({returned})"
    for error in sorted(_raised(function)):
        if not re.search(rf"\b{error}\b", text):
            yield f"raises {error}, which is not documented"


def _parameters(function: Callable[..., Any]) -> dict[str, str]:
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {
        one.name: str(one.annotation)
        for one in inspect.signature(inspect.unwrap(function)).parameters.values()
        if one.name not in {"self", "cls"} and not one.name.startswith("_") and one.kind not in kinds
    }


def _parameter_omissions(text: str, name: str, annotation: str) -> Iterator[str]:
    if not re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", text):
        yield f"{name} is not documented"
    elif (
        _ARRAYS.search(annotation)
        and "Mapping" not in annotation
        and not _SHAPED_ANNOTATION.search(annotation)
        and not _has_shape(text, name)
    ):
        yield f"{name} has no shape ({annotation})"


def _has_shape(text: str, name: str) -> bool:
    """Whether a docstring gives the shape of a parameter, or refers to another function for it."""
    entry = re.search(rf"^( *){re.escape(name)}: .*(?:\n\1 +.*)*", text, re.MULTILINE)
    if entry and (_SHAPE.search(entry[0]) or "as for :func:" in entry[0]):
        return True
    return bool(re.search(rf"\b{re.escape(name)}`* (?:\w+ ){{0,3}}{_SHAPE.pattern}", text))


def _raised(function: Callable[..., Any]) -> set[str]:
    """Our errors that a function raises itself, or in a private function of its module that it calls."""
    private = _private_functions(Path(inspect.getsourcefile(function) or ""))
    waiting: list[ast.AST] = [ast.parse(textwrap.dedent(inspect.getsource(function)))]
    seen: set[str] = set()
    raised: set[str] = set()
    while waiting:
        for node in ast.walk(waiting.pop()):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                raised.add(ast.unparse(node.exc.func).rpartition(".")[2])
            elif isinstance(node, ast.Call) and (name := ast.unparse(node.func)) in private and name not in seen:
                seen.add(name)
                waiting.append(private[name])
    return raised & _OUR_ERRORS


@functools.cache
def _private_functions(path: Path) -> dict[str, ast.FunctionDef]:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return {node.name: node for node in body if isinstance(node, ast.FunctionDef) and node.name.startswith("_")}


def _documented_constant(name: str, module: str) -> bool:
    body = ast.parse(modules()[module].read_text(encoding="utf-8")).body
    for node, following in zip(body, [*body[1:], None], strict=True):
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AnnAssign)
            else []
        )
        if any(isinstance(one, ast.Name) and one.id == name for one in targets):
            return isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
    return False
