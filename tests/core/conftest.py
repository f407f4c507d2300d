"""What do tests of the engine need? Kernels that are compiled before any test is timed, small models in one thread."""

import sys
from pathlib import Path

import pytest

from tests.core.kernel_users import uses_kernels


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out what no kernel has a part in where kernels run as plain Python: it would be the same test again."""
    from lmcore.bpe.machine import JIT

    unchanged = not JIT and collection_path.match("test_*.py") and not uses_kernels(collection_path)
    return True if unchanged else None


@pytest.fixture(autouse=True, scope="session")
def kernels(home: Path) -> None:
    """Compiles what is not compiled yet, so that no training in a test begins with that."""
    from lmcore.bpe.prepare import is_prepared, prepare

    if not is_prepared():
        for _ in prepare():
            pass


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Keeps torch, where a test has imported it, from dividing work that is too small for that."""
    torch = sys.modules.get("torch")
    if torch:
        torch.set_num_threads(1)
