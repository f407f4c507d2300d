"""Is the public surface of lmcore.bpe exact, and does naming it cost a window nothing?"""

import subprocess
import sys
from pathlib import Path

import pytest

import lmcore
import lmcore.bpe


def _run(code: str) -> str:
    root = Path(lmcore.__file__).parent.parent
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True
    ).stdout.strip()


def test_the_public_names_are_all_there() -> None:
    assert lmcore.bpe.__all__ == ["Options", "Tokenizer", "Training", "train", "train_bpe"]
    assert all(getattr(lmcore.bpe, name).__name__ == name for name in lmcore.bpe.__all__)


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        lmcore.bpe.nothing  # noqa: B018  (reading it is the test)


def test_a_window_that_imports_events_and_choices_loads_no_compiler() -> None:
    modules = "lmcore.bpe, lmcore.bpe.events, lmcore.bpe.choices"
    assert _run(f"import sys, {modules}; print([name for name in ('numba', 'numpy') if name in sys.modules])") == "[]"


def test_nothing_here_needs_torch_or_qt() -> None:
    modules = "lmcore.cli, lmcore.bpe.training, lmcore.bpe.forecast, lmcore.bpe.result_files"
    assert _run(f"import sys, {modules}; print([name for name in ('torch', 'PySide6') if name in sys.modules])") == "[]"
