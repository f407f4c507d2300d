"""What do tests of the engine need? Kernels that are compiled before any test is timed."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True, scope="session")
def kernels(home: Path) -> None:
    """Compiles what is not compiled yet, so that no training in a test begins with that."""
    from lmcore.bpe.prepare import is_prepared, prepare

    if not is_prepared():
        for _ in prepare():
            pass
