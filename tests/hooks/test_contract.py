"""The public surface of the contract is the committed one in contract.txt, so that nothing breaks by accident.

After a change that is meant: `python -m tests.hooks.test_contract > tests/hooks/contract.txt`. What is taken away needs
a deprecation before and a new `CONTRACT`.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import refmill_hooks
from refmill_hooks.deprecation import deprecated

COMMITTED = Path(__file__).with_name("contract.txt")


def surface() -> Iterator[str]:
    for info in sorted(pkgutil.iter_modules(refmill_hooks.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"refmill_hooks.{info.name}")
        for name in sorted(getattr(module, "__all__", ())):
            yield from described(f"{info.name}.{name}", getattr(module, name))


def described(name: str, value: object) -> Iterator[str]:
    if inspect.isclass(value):
        yield f"class {name}"
        if dataclasses.is_dataclass(value):
            yield from (f"    {field.name}: {field.type}" for field in dataclasses.fields(value))
        elif hasattr(value, "__struct_fields__"):
            yield from (f"    {field}: {value.__annotations__[field]}" for field in value.__struct_fields__)
        for method, found in sorted(vars(value).items()):
            if not method.startswith("_") and inspect.isfunction(found):
                yield f"    def {method}{inspect.signature(found)}"
            elif isinstance(found, property):
                yield f"    property {method}"
    elif callable(value):
        yield f"def {name}{inspect.signature(value)}"
    else:
        yield re.sub(r"frozenset\(.*\)", "frozenset", f"{name} = {value!r}")


def test_the_surface_is_the_committed_one() -> None:
    assert "\n".join(surface()).splitlines() == COMMITTED.read_text().splitlines()


def test_a_deprecation_warns_and_names_the_version_that_does_without() -> None:
    @deprecated(removed_in=refmill_hooks.CONTRACT + 1, instead="new()")
    def old(number: int) -> int:
        return number + 1

    with pytest.warns(DeprecationWarning, match=rf"old goes in contract {refmill_hooks.CONTRACT + 1}: use new\(\)"):
        assert old(1) == 2


def test_what_was_to_be_removed_by_now_is_an_error() -> None:
    with pytest.raises(ValueError, match="was to be removed"):
        deprecated(removed_in=refmill_hooks.CONTRACT, instead="new()")(len)


if __name__ == "__main__":
    sys.stdout.write("\n".join(surface()) + "\n")
