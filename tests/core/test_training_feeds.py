"""Do batches come to a device the same by each way, and does a model run on where it cannot be compiled?"""

from pathlib import Path
from typing import Any

import pytest
import torch

from lmcore.training.data import Batches, open_data
from lmcore.training.devices import Device, choose_device
from lmcore.training.feeding import DeviceFeed, HostFeed, feed_of
from lmcore.training.loop import Noticed
from lmcore.training.worker import work
from tests.core.trainings import VOCAB, losses, new_run, token_file, worked

CPU = choose_device("cpu")


def _batches(folder: Path, order: Any = "random") -> Batches:
    data = open_data(token_file(folder), vocab_size=VOCAB, tokenizer_sha256=None, context_length=16)
    return Batches(data, 16, 12, 3, order)


@pytest.mark.parametrize("order", ["random", "permutation"])
def test_ids_gathered_on_the_device_are_those_of_the_file(tmp_path: Path, order: str) -> None:
    batches = _batches(tmp_path, order)
    there, here = DeviceFeed(batches, CPU), HostFeed(batches, CPU)
    for step in (0, 1, 700):
        for rows in (slice(0, 12), slice(3, 7)):
            found = there.at(step, rows)
            assert torch.equal(found, here.at(step, rows))
            assert found.dtype == torch.int64


class _Gpu(Device):
    """A processor that says that it is a GPU with so much free memory."""

    free = 0

    @property
    def kind(self) -> str:
        return "cuda"

    def free_memory(self) -> int:
        return self.free


@pytest.mark.parametrize(("free", "kind"), [(4 * 4 * 6_000, DeviceFeed), (4 * 4 * 6_000 - 1, HostFeed)])
def test_ids_stay_on_a_gpu_where_they_fit_well(tmp_path: Path, free: int, kind: type) -> None:
    gpu = _Gpu(CPU.torch, "a GPU", 1 << 34)
    object.__setattr__(gpu, "free", free)
    assert isinstance(feed_of(_batches(tmp_path), gpu), kind)
    assert isinstance(feed_of(_batches(tmp_path), CPU), HostFeed)


def test_a_model_that_cannot_be_compiled_runs_without_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, run = new_run(tmp_path), new_run(tmp_path, training__compile="on")

    def compiled(module: torch.nn.Module) -> Any:
        def fail(*_: Any) -> None:
            raise RuntimeError("Failed to find C compiler. Please specify via CC environment variable.")

        return fail

    monkeypatch.setattr(torch, "compile", compiled)
    said = [event.text for event in work(run) if isinstance(event, Noticed)]
    assert any("Failed to find C compiler" in text and "runs without it" in text for text in said)
    worked(plain)
    assert losses(run) == losses(plain)


@pytest.mark.gpu
def test_a_gpu_learns_what_a_processor_learns(tmp_path: Path) -> None:
    here, there = (new_run(tmp_path, training__device=device) for device in ("cpu", "cuda"))
    worked(here)
    worked(there)
    assert losses(there) == pytest.approx(losses(here), rel=1e-2)


@pytest.mark.gpu
def test_a_gpu_resumes_to_the_bit(tmp_path: Path) -> None:
    whole, parted = (new_run(tmp_path, training__device="cuda", training__compile="off") for _ in range(2))
    worked(whole)
    for event in work(parted):
        if getattr(event, "step", 0) == 19:
            parted.ask_to_stop()
    worked(parted)
    assert losses(whole) == losses(parted)
