"""Are tests that run kernels told from those that do not? The latter are left out where kernels are plain Python."""

from pathlib import Path

import pytest

from tests.core.kernel_users import uses_kernels

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("machine", "by its name"),
        ("pretoken_table", "through the engine"),
        ("live_text", "through a module of the tests"),
        ("bundled", "through a package that loads it when it is asked for"),
        ("cli", "through a command that imports it when it runs"),
    ],
)
def test_a_kernel_is_reached(name: str, how: str) -> None:
    assert uses_kernels(HERE / f"test_{name}.py"), how


@pytest.mark.parametrize("name", ["accounting_sizes", "model", "utf8", "paths", "kernel_users", "training_run"])
def test_no_kernel_is_reached(name: str) -> None:
    assert not uses_kernels(HERE / f"test_{name}.py")
