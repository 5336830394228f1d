"""docs/sandbox.md promises what there is, and all of it."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from sandbox.faults import Fault
from sandbox.methods.not_played import NOT_PLAYED
from sandbox.methods.table import METHODS
from sandbox.people.control import BOT_SWITCHES
from sandbox.people.routes import ROUTES
from sandbox.settings import Settings
from tests.sandbox.spec import load_spec

MANUAL = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")


def test_manual_lists_other_methods_than_are_played() -> None:
    """The methods listed are those of the table."""
    listed = re.search(r"^Methods: (.*?)\.$", MANUAL, re.MULTILINE | re.DOTALL)
    assert listed
    assert set(re.findall(r"`(\w+)`", listed[1])) == set(METHODS)


def test_manual_lists_other_routes_than_there_are() -> None:
    """Every request of the people's side is described, and no other."""
    served = {f"{next(iter((route.methods or set()) - {'HEAD'}))} {route.path}" for route in ROUTES}
    described = set(re.findall(r"`((?:GET|POST|PATCH|DELETE) /api/[^`]*)`", MANUAL))
    assert described == {re.sub(r":\w+}", "}", route) for route in served}


@pytest.mark.parametrize("kind", [Settings, Fault])
def test_setting_is_not_described(kind: type) -> None:
    """Every setting and every field of a fault is described."""
    names = {field.name for field in fields(kind)} - {"id", "hits"}
    assert {name for name in names if f"`{name}`" not in MANUAL} == set()
    assert all(f"`{name}`" in MANUAL for name in BOT_SWITCHES)


def test_real_method_is_unknown() -> None:
    """Every method of the Bot API is either played or refused by name."""
    spec = load_spec()
    if spec is None:
        pytest.skip("BOT_API_SPEC is unset")
    assert set(spec.methods) == set(METHODS) | NOT_PLAYED
    assert not set(METHODS) & NOT_PLAYED
