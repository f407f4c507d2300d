"""Does a package that comes in step by step end up as a plain import has it, also for those who cannot wait?"""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from app import stepwise
from app.stepwise import Unfinished, import_stepwise
from lmcore.generators import result_of

ROOT = Path(__file__).resolve().parents[2]
NAME = "slow_package"
FIRST = '''"""What it says."""

from . import part

before = part.VALUE
from .part import *

after = before + 1
'''
PART = """from slow_package import __name__ as name

VALUE = 1
late = hasattr(__import__("slow_package"), "after")
"""
PROBE = """
import sys
from types import ModuleType
from app import application, importing, stepwise
from lmcore.generators import result_of

if sys.argv[1] == "stepwise":
    turns = sum(1 for _ in importing.importing(["pyqtgraph"]))
    assert turns > 10, turns
import pyqtgraph

assert type(pyqtgraph) is ModuleType
for name, value in sorted(vars(pyqtgraph).items()):
    print(name, type(value).__name__, getattr(value, "__module__", ""), getattr(value, "__qualname__", ""))
print(*sorted(name for name in sys.modules if name.startswith("pyqtgraph")))
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a package; every statement takes longer than a turn."""
    folder = tmp_path / NAME
    folder.mkdir()
    (folder / "__init__.py").write_text(FIRST)
    (folder / "part.py").write_text(PART)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(stepwise, "TURN", 0.0)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == NAME]:
        del sys.modules[name]


def public(module: ModuleType) -> dict[str, object]:
    return {name: vars(module)[name] for name in ("__doc__", "__file__", "__package__", "before", "VALUE", "after")}


def test_it_comes_a_statement_a_turn_and_is_as_a_plain_import_has_it(package: Path) -> None:
    plain = importlib.import_module(NAME)
    expected, parts = public(plain), set(dir(plain))
    for name in (NAME, f"{NAME}.part"):
        del sys.modules[name]
    assert sum(1 for _ in import_stepwise(NAME)) == 6  # its text, and five statements
    made = sys.modules[NAME]
    assert public(made) == expected
    assert set(dir(made)) == parts
    assert type(made) is ModuleType
    assert made.late is False
    assert list(import_stepwise(NAME)) == []


def test_whoever_needs_it_meanwhile_has_the_rest_run_at_once(package: Path) -> None:
    coming = import_stepwise(NAME)
    for _ in range(4):
        next(coming)
    half = sys.modules[NAME]
    assert isinstance(half, Unfinished)
    assert "after" not in vars(half)
    from slow_package import after  # type: ignore[import-not-found]

    assert after == 2
    assert type(half) is ModuleType
    assert list(coming) == []
    assert sys.modules[NAME] is half


def test_one_that_nobody_goes_on_with_is_gone_on_with_later(package: Path) -> None:
    coming = import_stepwise(NAME)
    next(coming)
    next(coming)
    coming.close()
    half = sys.modules[NAME]
    result_of(import_stepwise(NAME))
    assert sys.modules[NAME] is half
    assert public(half)["after"] == 2


def test_a_name_that_it_never_has_is_missed_as_elsewhere(package: Path) -> None:
    next(import_stepwise(NAME))
    half = sys.modules[NAME]
    with pytest.raises(AttributeError, match="module 'slow_package' has no attribute 'nothing'"):
        half.nothing  # noqa: B018
    assert type(half) is ModuleType


@pytest.mark.parametrize("meanwhile", [False, True])
def test_after_a_failure_nothing_is_left_and_it_can_be_tried_anew(package: Path, meanwhile: bool) -> None:
    (package / "__init__.py").write_text(FIRST + "raise OSError('no such thing')\n")
    coming = import_stepwise(NAME)
    next(coming)
    half = sys.modules[NAME]
    with pytest.raises(OSError, match="no such thing"):
        half.nothing if meanwhile else list(coming)
    assert not [name for name in sys.modules if name.partition(".")[0] == NAME]
    assert list(coming) == []
    (package / "__init__.py").write_text(FIRST)
    importlib.invalidate_caches()
    assert importlib.import_module(NAME).after == 2


def test_a_package_that_there_is_not_is_told() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        result_of(import_stepwise("no_such_package"))


def test_pyqtgraph_has_the_names_that_a_plain_import_gives_it() -> None:
    said = []
    for way in ("plain", "stepwise"):
        command = [sys.executable, "-c", PROBE, way]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
        assert run.returncode == 0, run.stderr
        said.append(run.stdout)
    assert said[0] == said[1]
    assert "PlotWidget" in said[0]
