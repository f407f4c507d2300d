"""Where do tests of the window get a run from? It is trained once a file, in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that the file's `TRAIN` makes, a script that is given a folder: torch is not to be in this process."""
    folder = tmp_path_factory.mktemp("trained")
    subprocess.run([sys.executable, "-c", request.module.TRAIN, str(folder)], check=True)
    (run,) = (folder / "runs").iterdir()
    assert isinstance(run, Path)
    return run
