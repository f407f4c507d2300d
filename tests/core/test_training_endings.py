"""Does the state tell the truth before the first step, and whatever breaks a run off?"""

import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest
import torch

from lmcore.bpe.tokenizer import Tokenizer
from lmcore.errors import CorpusError
from lmcore.generators import result_of
from lmcore.training import settling
from lmcore.training import trainer as trainer_module
from lmcore.training.checkpoint_files import check, checkpoints_in
from lmcore.training.config import config_of
from lmcore.training.creating import create, plan
from lmcore.training.loop import OutOfMemoryError, Stepped
from lmcore.training.memory import out_of_memory
from lmcore.training.metrics import read_rows
from lmcore.training.run_folder import RunError, RunFolder, State
from lmcore.training.taking import taking
from lmcore.training.worker import work
from tests.core.trainings import losses, new_run, tables, worked


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """A run sets torch's threads for its process; here tests share one."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@contextmanager
def _files_of_at_most(size: int) -> Iterator[None]:
    """The system takes no file that is longer, as a quota or a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [300_000, 800_000], ids=["weights", "optimizer"])
def test_a_disk_that_fills_while_a_checkpoint_is_written_pauses_the_run(tmp_path: Path, size: int) -> None:
    run = new_run(tmp_path, model__d_model=64, model__num_layers=2, model__d_ff=256, training__steps=12)
    with _files_of_at_most(size):
        state = worked(run)
    assert (state.status, state.reason, state.step) == ("paused", "disk", 10)
    assert "step-00000010: could not be written (the disk did not take all of it)" in run.state().message
    assert list(run.checkpoints.iterdir()) == []
    assert worked(run).status == "finished"
    check(checkpoints_in(run.checkpoints)[-1])
    assert len(losses(run)) == 12


def test_a_disk_that_is_full_before_the_first_step_is_in_the_state(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    with _files_of_at_most(20_000), pytest.raises(OSError, match="too large"):
        worked(run)
    assert (run.state().status, run.state().reason) == ("paused", "disk")
    assert not run.reserve.exists(), "what there is of it is given up for the state"
    assert "make room and continue" in run.state().message


def test_a_second_signal_breaks_the_run_off_and_the_state_says_where_it_goes_on(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        _follow(run, 14, _interrupt_twice)
    assert (run.state().status, run.state().message) == ("stopped", "Broken off; it goes on behind step 10.")
    assert not run.is_alive
    assert worked(run).status == "finished"


def test_a_run_that_nobody_follows_any_more_was_broken_off(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    events = work(run)
    while not isinstance(next(events), Stepped):
        assert run.state().status == "running"
    events.close()
    assert (run.state().status, run.state().message) == ("stopped", "Broken off; it begins anew.")


def test_a_model_that_memory_does_not_hold_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_large(*_: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 16000000000000 bytes.")

    run = new_run(tmp_path)
    monkeypatch.setattr("lmcore.training.worker.new_trainer", too_large)
    with pytest.raises(OutOfMemoryError, match=r"Memory ran out: 16\.0 TB more were asked for; take"):
        worked(run)
    assert (run.state().status, run.state().reason) == ("failed", "memory")
    assert "a smaller model" in run.state().message


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (
            "DefaultCPUAllocator: can't allocate memory: you tried to allocate 68719476736 bytes. Error code 12 (...)",
            "68.7 GB more were asked for",
        ),
        ("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has 1 GiB", "2.15 GB more were asked for"),
        ("MPS backend out of memory. Tried to allocate 256 bytes on private pool.", "256 bytes more were asked for"),
        ("MPS backend out of memory (1.50 GB). Tried to allocate 512.00 MB on pool.", "537 MB more were asked for"),
        ("", "torch does not say how much was asked for"),
    ],
)
def test_how_much_memory_was_asked_for_is_said_in_units(said: str, wanted: str) -> None:
    remedy = "take a smaller micro-batch, a shorter context or a smaller model."
    assert out_of_memory(RuntimeError(said)) == f"Memory ran out: {wanted}; {remedy}"


def test_a_corpus_is_encoded_again_which_the_state_says_and_a_stop_ends(tmp_path: Path) -> None:
    run = _run_of_a_corpus(tmp_path)
    Path(run.about()["data"]["train"]["path"]).unlink()
    said: list[State] = []

    def ask() -> None:
        said.append(run.state())
        run.ask_to_stop()

    state = _follow(run, None, ask)
    assert [(one.status, one.message) for one in said] == [("running", "Getting ready: encoding the corpus.")]
    assert (state.status, state.step, run.state().status) == ("stopped", 0, "stopped")
    assert worked(run).status == "finished"


def test_while_the_machine_is_tried_the_state_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, settle = new_run(tmp_path), settling.settle
    said: list[tuple[str, str]] = []

    def seen(*arguments: Any) -> Any:
        said.append((run.state().status, run.state().message))
        return settle(*arguments)

    monkeypatch.setattr("lmcore.training.worker.settle", seen)
    worked(run)
    assert said == [("running", "Getting ready: trying out the model on this machine.")]
    assert run.state().message == ""


def test_a_finished_run_whose_data_are_gone_stays_finished(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    worked(run)
    (tmp_path / "tokens-0.bin").unlink()
    with pytest.raises(ValueError, match=r"tokens-0\.bin"):
        worked(run)
    assert (run.state().status, run.state().step) == ("finished", 40)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (State("paused", step=5), ("paused", "")),
        (State("paused"), ("paused", "")),
        (State("stopped", step=5), ("stopped", "")),
        (State("running", step=5), ("stopped", "")),
        (State("failed", step=5, reason="diverged"), ("failed", "diverged")),
        (State("running"), ("failed", "error")),
        (State("queued"), ("failed", "error")),
    ],
)
@pytest.mark.parametrize("is_taken", [False, True])
def test_a_run_that_could_not_go_on_stays_what_it_was_and_says_why(
    tmp_path: Path, before: State, after: tuple[str, str], is_taken: bool
) -> None:
    run = new_run(tmp_path)
    run.write_state(before)
    (tmp_path / "tokens-0.bin").unlink()
    with pytest.raises(CorpusError), taking(run) if is_taken else nullcontext() as taken:
        result_of(work(run, taken))
    state = run.state()
    assert (state.status, state.reason, state.step) == (*after, before.step)
    assert state.message == f"{tmp_path}/tokens-0.bin: is gone; put the file back, then resume the run."


def test_getting_ready_is_no_part_of_the_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, refine = [0.0], settling.refine

    def clock() -> float:
        now[0] += 1e-3
        return now[0]

    def slow(*arguments: Any) -> Any:
        now[0] += 1_000
        return refine(*arguments)

    monkeypatch.setattr(trainer_module, "perf_counter", clock)
    monkeypatch.setattr("lmcore.training.worker.refine", slow)
    run = new_run(tmp_path)
    worked(run)
    rows = [row for row in read_rows(run.metrics) if row["kind"] == "train"]
    assert 0 < rows[0]["seconds"] < rows[-1]["seconds"] < 1


def test_a_tokenizer_that_is_gone_is_taken_from_where_it_came(tmp_path: Path) -> None:
    run = _run_of_a_corpus(tmp_path)
    rmtree(run.tokenizer)
    assert worked(run).status == "finished"
    bits = [row["bits_per_byte"] for row in read_rows(run.metrics) if row["kind"] == "validation"]
    assert bits
    assert all(bits)
    assert Tokenizer.load(run.tokenizer).vocab_size == 257


def test_a_tokenizer_that_is_gone_and_another_where_it_came_from_is_refused(tmp_path: Path) -> None:
    run = _run_of_a_corpus(tmp_path)
    rmtree(run.tokenizer)
    rmtree(tmp_path / "tokenizer")
    Tokenizer({number: bytes([number]) for number in range(256)}, [], ["<|other|>"]).save(tmp_path / "tokenizer")
    with pytest.raises(RunError, match="is another tokenizer now"):
        worked(run)
    assert not run.tokenizer.exists()


def _interrupt_twice() -> None:
    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGINT)


def _follow(run: RunFolder, step: int | None, then: Callable[[], object]) -> State:
    """Work to the end; do something at the first event, or behind a step."""
    events, done = work(run), False
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            state: State = end.value
            return state
        if not done and (step is None or (isinstance(event, Stepped) and event.step == step)):
            then()
            done = True


def _run_of_a_corpus(folder: Path) -> RunFolder:
    """A run on a text with a tokenizer of bytes."""
    Tokenizer({number: bytes([number]) for number in range(256)}, [], ["<|endoftext|>"]).save(folder / "tokenizer")
    (folder / "text.txt").write_text("The whale swam by. " * 500)
    settings = tables(folder, training__steps=3)
    settings["data"] = {"corpus": [str(folder / "text.txt")], "tokenizer": str(folder / "tokenizer")}
    return create(result_of(plan(config_of(settings))), folder / "runs")
