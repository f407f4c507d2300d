"""What holds for every test? No real display, no file in the user's folders, and silence in the log."""

import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from lmcore.bpe.kernel_cache import use_kernel_cache
from lmcore.paths import HOME_VARIABLE

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Tests go on beside each other: a thread of torch that waits for another one must not hold its core meanwhile.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
# Kernels are compiled once for all runs, so their cache is chosen before the user's folders are exchanged.
use_kernel_cache()

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), derandomize=True, database=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.fixture(autouse=True, scope="session")
def home() -> Iterator[Path]:
    """A fresh folder in the place of the user's cache, settings and data, also for processes that tests start."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(prefix="lm-explorer-") as folder:
        patch.setenv(HOME_VARIABLE, folder)
        yield Path(folder)


@pytest.fixture(autouse=True)
def silent_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail a test in which anything is logged as a warning or worse, unless the test clears it from `caplog`."""
    caplog.set_level(logging.WARNING)
    yield
    loud = [record for phase in ("setup", "call") for record in caplog.get_records(phase)]
    unexpected = [f"{record.name}: {record.getMessage()}" for record in loud if record.levelno >= logging.WARNING]
    assert not unexpected, "\n".join(["logged unexpectedly:", *unexpected])
