"""What if a model's files are damaged, written over or gone while it is talked to, and the processors are busy?"""

import re
import shutil
from pathlib import Path

import pytest

from lmcore.training.checkpoint_files import WEIGHTS, checkpoints_in
from tests.core.talking import Talk, long_model, talking_run


def test_a_file_that_is_written_over_meanwhile_does_no_harm(tmp_path: Path) -> None:
    """Weights that were still read from it would end the process without a word."""
    model = long_model(tmp_path / "model")
    with Talk() as talk:
        talk.ask("generate", model=model, prompt="a", max_new_tokens=20_000)
        while talk.hear()["event"] != "token":
            pass
        (model / WEIGHTS).write_bytes(b"")
        assert [talk.hear()["event"] for _ in range(500)] == ["token"] * 500
        talk.ask("stop")
        assert talk.hear_all()[-1]["ended"] == "asked"
        assert talk.answers("generate", model=model, prompt="a")[-1]["event"] == "refused"


def test_threads_spin_but_briefly_while_they_wait(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Beside a training those that spin take the processor that the others need. libgomp tells how it was loaded."""
    monkeypatch.setenv("OMP_DISPLAY_ENV", "verbose")
    with (tmp_path / "errors").open("wb") as errors, Talk(errors) as talk:
        talk.answers("open", model=tmp_path)
    assert "GOMP_SPINCOUNT = '10000'" in (tmp_path / "errors").read_text()


def test_a_checkpoint_that_is_damaged_or_gone_is_refused_and_the_others_stay(tmp_path: Path) -> None:
    run = talking_run(tmp_path)
    first, second, third, _ = (checkpoint.path for checkpoint in checkpoints_in(run.checkpoints))
    with Talk() as talk:
        for path in (first, second):
            assert talk.answers("open", model=path)[-1]["event"] == "opened"
        weights = bytearray((first / WEIGHTS).read_bytes())
        weights[-1] ^= 1
        (first / WEIGHTS).write_bytes(weights)
        (third / WEIGHTS).write_bytes((third / WEIGHTS).read_bytes()[:1_000])
        shutil.rmtree(second)
        for path, why in ((first, "is damaged"), (second, "removed"), (third, "is damaged")):
            (said,) = talk.answers("generate", model=path, prompt="a")
            assert said["event"] == "refused"
            assert re.search(f"{path.name}.*{why}", said["why"]), said
        assert talk.answers("open", model=run.path)[-1]["event"] == "opened"
        shutil.rmtree(run.path)
        (said,) = talk.answers("open", model=run.path)
        assert re.search("cannot be read .* removed", said["why"]), said
