"""Does a run learn, end as it should, and go on as if it had never stopped?"""

import json
import signal
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from lmcore.errors import CorpusError
from lmcore.generators import result_of
from lmcore.training import keeping
from lmcore.training.checkpoint_files import Checkpoint, DamagedError, DiskFullError, checkpoints_in
from lmcore.training.checkpoints import Progress, load_newest, save
from lmcore.training.config import config_of, digest_of
from lmcore.training.creating import create, plan, reopen
from lmcore.training.devices import Device, choose_device
from lmcore.training.loop import Noticed, Stepped
from lmcore.training.metrics import MetricsWriter, read_rows
from lmcore.training.overview import overview
from lmcore.training.recording import Recorder
from lmcore.training.run_folder import RunError, RunFolder
from lmcore.training.settling import settle
from lmcore.training.trainer import Trainer
from lmcore.training.worker import new_trainer, work
from tests.core.stopped_run import work_until
from tests.core.trainings import config, losses, new_run, tables, token_file, worked


def _weights(run: RunFolder) -> dict[str, torch.Tensor]:
    newest = checkpoints_in(run.checkpoints)[-1]
    return load_file(newest.path / "model.safetensors")


def _same(one: RunFolder, other: RunFolder) -> bool:
    mine, theirs = _weights(one), _weights(other)
    return losses(one) == losses(other) and all(torch.equal(mine[name], theirs[name]) for name in mine | theirs)


def _killed_at(run: RunFolder, step: int) -> None:
    """Work until a step was made, and no further: what a kill leaves but for the state, since nothing is kept."""
    events = work(run)
    for event in events:
        if isinstance(event, Stepped) and event.step == step:
            break
    events.close()


def test_a_run_learns_and_its_folder_holds_all_of_it(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    state = worked(run)
    assert (state.status, state.step, state.steps, state.attempt) == ("finished", 40, 40, 1)
    assert run.state().status == "finished"
    rows = read_rows(run.metrics)
    assert [row["step"] for row in rows if row["kind"] == "train"] == list(range(1, 41))
    seen = [row for row in rows if row["kind"] == "validation"]
    assert [row["step"] for row in seen] == [10, 20, 30, 40]
    assert seen[-1]["loss"] < seen[0]["loss"] < 4.2
    assert state.best_loss == min(row["loss"] for row in seen)
    names = {"tokens", "seconds", "loss", "learning_rate", "grad_norm", "tokens_per_second", "mfu", "memory"}
    assert names <= next(row for row in rows if row["kind"] == "train").keys()
    assert [one.step for one in checkpoints_in(run.checkpoints)] == [30, 40]
    about = run.about()
    assert about["torch"] == torch.__version__
    assert (about["device"], about["threads"], about["precision"], about["micro_batch_size"]) == ("cpu", 1, "fp32", 4)
    assert len(about["data"]["train"]["sha256"]) == 64
    assert "finished at step 40" in run.log.read_text()
    assert not run.is_alive


def test_twenty_steps_and_twenty_more_are_forty(tmp_path: Path) -> None:
    whole, parted = new_run(tmp_path), new_run(tmp_path)
    worked(whole)
    work_until(parted, 20)
    assert parted.state().status == "stopped"
    assert parted.state().step == 20
    assert worked(parted).attempt == 2
    assert _same(whole, parted)


@pytest.mark.parametrize("changes", [{"optimizer__kind": "muon"}, {"data__order": "permutation"}])
def test_a_stop_between_checkpoints_costs_nothing(tmp_path: Path, changes: dict[str, Any]) -> None:
    whole, parted = new_run(tmp_path, **changes), new_run(tmp_path, **changes)
    worked(whole)
    for step in (3, 17, 28):
        work_until(parted, step)
        assert parted.state().step == step
    assert worked(parted).status == "finished"
    assert _same(whole, parted)


def test_what_was_done_behind_the_last_checkpoint_is_done_again(tmp_path: Path) -> None:
    whole, killed = new_run(tmp_path), new_run(tmp_path)
    worked(whole)
    _killed_at(killed, 27)
    assert not killed.is_alive
    assert worked(killed).attempt == 2
    assert _same(whole, killed)
    assert [row["step"] for row in read_rows(killed.metrics) if row["kind"] == "attempt"] == [0, 20]


def test_a_damaged_checkpoint_is_passed_over_and_said(tmp_path: Path) -> None:
    whole, parted = new_run(tmp_path), new_run(tmp_path)
    worked(whole)
    work_until(parted, 25)
    newest = checkpoints_in(parted.checkpoints)[-1]
    content = bytearray((newest.path / "optim.pt").read_bytes())
    content[len(content) // 2] ^= 1
    (newest.path / "optim.pt").write_bytes(content)
    said = [event.text for event in work(parted) if isinstance(event, Noticed)]
    assert any("optim.pt is damaged. The one before it is taken." in text for text in said)
    assert _same(whole, parted)


def _damage(*checkpoints: Checkpoint) -> None:
    for one in checkpoints:
        (one.path / "optim.pt").write_bytes(b"damaged")


def test_a_damaged_checkpoint_does_not_push_out_a_whole_one(tmp_path: Path) -> None:
    run = new_run(tmp_path, data__validation_fraction=0.0, checkpoint__keep_last=1, checkpoint__keep_every=10)
    _killed_at(run, 35)
    _damage(*checkpoints_in(run.checkpoints)[1:])
    work_until(run, 13)
    names = sorted(path.name for path in run.checkpoints.iterdir())
    assert names == ["damaged-step-00000020", "damaged-step-00000030", "step-00000010", "step-00000013"]
    assert worked(run).status == "finished"
    assert run.log.read_text().count("kept under this name") == 2


def test_a_run_none_of_whose_checkpoints_is_whole_does_not_begin_anew(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    _killed_at(run, 35)
    rows = read_rows(run.metrics)
    _damage(*checkpoints_in(run.checkpoints))
    with pytest.raises(DamagedError, match="none of its checkpoints is whole, of 2"):
        worked(run)
    assert read_rows(run.metrics) == rows
    assert (run.state().status, run.state().reason) == ("failed", "error")


def test_what_kills_left_among_the_checkpoints_is_removed(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    for name in (".step-00000017.abcdef-1-01234567", ".step-00000003.removed", "step-00000004.old-89abcdef"):
        (run.checkpoints / name).mkdir()
        (run.checkpoints / name / "model.safetensors").write_bytes(b"half")
    (run.checkpoints / "mine").mkdir()
    work_until(run, 2)
    assert sorted(path.name for path in run.checkpoints.iterdir()) == ["mine", "step-00000002"]


def test_batches_in_parts_learn_what_whole_batches_do(tmp_path: Path) -> None:
    parts, whole = new_run(tmp_path), new_run(tmp_path, training__micro_batch_size=8)
    worked(parts)
    worked(whole)
    assert losses(parts) == pytest.approx(losses(whole), rel=1e-4)


def test_another_seed_is_another_run(tmp_path: Path) -> None:
    one, other = new_run(tmp_path), new_run(tmp_path, training__seed=1)
    work_until(one, 2)
    work_until(other, 2)
    assert losses(one)[1] != losses(other)[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_behind_its_step_with_a_checkpoint(tmp_path: Path, number: signal.Signals) -> None:
    run = new_run(tmp_path)
    for event in work(run):
        if isinstance(event, Stepped) and event.step == 4:
            signal.raise_signal(number)
    assert (run.state().status, run.state().step) == ("stopped", 5)
    assert [one.step for one in checkpoints_in(run.checkpoints)] == [5]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_loss_that_is_no_number_ends_the_run_with_the_weights_before_it(tmp_path: Path) -> None:
    run = new_run(tmp_path, optimizer__learning_rate=1e30, optimizer__clip_norm=0.0)
    state = worked(run)
    assert (state.status, state.reason) == ("failed", "diverged")
    rows = read_rows(run.metrics)
    assert rows[-1]["loss"] is None
    assert f"at step {rows[-1]['step']}" in state.message
    assert state.step == rows[-1]["step"] - 1
    newest, _ = load_newest(run.checkpoints)
    assert newest is None or all(torch.isfinite(weight).all() for weight in newest.weights.values())


@pytest.mark.parametrize("waits", [False, True], ids=["processor", "like a GPU"])
def test_all_rows_before_a_divergence_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: bool) -> None:
    run = new_run(tmp_path, evaluation__every=100, checkpoint__every=100)
    monkeypatch.setattr(Device, "waits", waits)
    monkeypatch.setattr(keeping, "_FLUSH", 1e9)
    loss = Trainer.loss

    def diverging(self: Trainer, ids: torch.Tensor) -> torch.Tensor:
        return loss(self, ids) * (float("nan") if self.progress.step == 6 else 1)

    monkeypatch.setattr(Trainer, "loss", diverging)
    assert worked(run).reason == "diverged"
    rows = read_rows(run.metrics)[1:]
    assert [(row["step"], row["loss"] is None) for row in rows] == [(step, step == 7) for step in range(1, 8)]


def test_the_best_is_kept_where_no_other_checkpoint_was_due(tmp_path: Path) -> None:
    run = new_run(tmp_path, evaluation__every=4, checkpoint__every=100, checkpoint__keep_last=1)
    work_until(run, 6)
    assert run.state().best_step == 4
    assert [one.step for one in checkpoints_in(run.checkpoints)] == [4, 6]


def test_a_validation_that_is_no_number_is_not_the_best(tmp_path: Path) -> None:
    trainer = new_trainer(plan := result_of(reopen(new_run(tmp_path))), settle(plan, {}))
    trainer.note_best(float("nan"))
    assert trainer.progress.best_loss is None
    trainer.note_best(2.0)
    trainer.note_best(float("nan"))
    assert trainer.progress.best_loss == 2.0


def test_memory_that_runs_out_once_halves_the_micro_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, whole = new_run(tmp_path, training__micro_batch_size=8), new_run(tmp_path)
    _run_out_above(monkeypatch, 4)
    said = [event.text for event in work(run) if isinstance(event, Noticed)]
    assert "Memory ran out with 8 sequences at once; 4 are taken from now on, the batch stays the same." in said
    assert run.state().status == "finished"
    assert run.about()["micro_batch_size"] == 4
    worked(whole)
    assert losses(run) == losses(whole)


def test_memory_that_runs_out_again_fails_with_what_torch_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = new_run(tmp_path, training__micro_batch_size=8)
    _run_out_above(monkeypatch, 2)
    state = worked(run)
    assert (state.status, state.reason) == ("failed", "memory")
    assert "5.37 GB more were asked for" in state.message
    assert "take a smaller micro-batch" in state.message


def _run_out_above(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    """Let memory run out where more than so many sequences are taken at once."""
    loss = Trainer.loss

    def limited(self: Trainer, ids: torch.Tensor) -> torch.Tensor:
        if len(ids) > rows:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 5 GiB. GPU 0 has 1 GiB")
        return loss(self, ids)

    monkeypatch.setattr(Trainer, "loss", limited)


def test_a_full_disk_pauses_the_run_with_its_last_checkpoint_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, run = new_run(tmp_path), new_run(tmp_path)
    worked(whole)

    def full(folder: Path, progress: Progress, *content: Any) -> Path:
        if progress.step == 20:
            raise DiskFullError("ckpt: a checkpoint takes 5 MB and 1 MB are free; make room and continue the run.")
        return save(folder, progress, *content)

    monkeypatch.setattr(keeping, "save", full)
    state = worked(run)
    assert (state.status, state.reason, state.step) == ("paused", "disk", 20)
    assert "make room and continue" in run.state().message
    assert [one.step for one in checkpoints_in(run.checkpoints)] == [10]
    monkeypatch.undo()
    assert worked(run).status == "finished"
    assert _same(whole, run)


def test_a_disk_that_takes_no_more_rows_pauses_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = new_run(tmp_path)
    append = MetricsWriter.append

    def full(self: MetricsWriter, rows: Iterable[Any]) -> None:
        written = list(rows)
        if any(row["kind"] == "validation" for row in written):
            raise OSError(28, "No space left on device", str(run.metrics))
        append(self, written)

    monkeypatch.setattr(MetricsWriter, "append", full)
    state = worked(run)
    assert (state.status, state.reason) == ("paused", "disk")
    assert "metrics.jsonl: could not be written (No space left on device)" in run.state().message
    monkeypatch.undo()
    assert worked(run).status == "finished"
    assert len(losses(run)) == 40


def test_a_finished_run_stays_as_it_is(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    worked(run)
    rows = [row for row in read_rows(run.metrics) if row["kind"] != "attempt"]
    assert worked(run).status == "finished"
    assert [row for row in read_rows(run.metrics) if row["kind"] != "attempt"] == rows


def test_data_that_have_changed_are_refused(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    work_until(run, 5)
    token_file(tmp_path, seed=0, length=6_001)
    with pytest.raises(CorpusError, match="no longer the file that the run began with"):
        worked(run)
    assert not run.is_alive
    assert (run.state().status, run.state().reason, run.state().step) == ("stopped", "", 5)
    assert "no longer the file" in run.state().message
    token_file(tmp_path)
    assert worked(run).status == "finished"
    assert run.state().message == ""


@pytest.mark.parametrize(
    "change", [('"learning_rate": 0.01', '"learning_rate": 0.5'), ('"d_model": 16', '"d_model": 32')]
)
def test_a_config_that_was_changed_is_refused(tmp_path: Path, change: tuple[str, str]) -> None:
    run = new_run(tmp_path)
    work_until(run, 5)
    place = run.path / "config.json"
    changed = place.read_text().replace(*change)
    assert changed != place.read_text()
    place.write_text(changed)
    with pytest.raises(RunError, match=r"config\.json: was changed since the run was made"):
        worked(run)
    place.write_text(changed.replace(change[1], change[0]))
    assert worked(run).status == "finished"


def test_what_the_first_attempt_found_is_not_called_chosen(tmp_path: Path) -> None:
    run = new_run(tmp_path, training__precision="auto")
    work_until(run, 2)
    work_until(run, 4)
    said = [line for line in run.log.read_text().splitlines() if "1 thread" in line]
    assert ["as the first attempt found." in line for line in said] == [False, True]


@pytest.mark.parametrize(
    ("earlier", "tried", "found"),
    [
        ({}, [8], 8),
        ({"micro_batch_size": 1}, [], 1),  # a run goes on bit for bit
        ({"micro_batch_size": 8, "micro_batch_most": 4}, [4], 4),  # memory ran out with more
    ],
)
def test_how_many_go_at_once_is_tried_once_and_when_memory_ran_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, earlier: dict[str, int], tried: list[int], found: int
) -> None:
    asked: list[int] = []

    def best(run: object, device: object, parameters: int, most: int) -> int:
        asked.append(most)
        return most

    monkeypatch.setattr("lmcore.training.settling.best_at_once", best)
    run = _free_run(tmp_path)
    run.write_about(run.about() | {"device": "cpu"} | earlier)
    worked(run)
    assert asked == tried
    assert run.about()["micro_batch_size"] == found
    said = "1 sequence goes through the model at once." if found == 1 else f"{found} sequences go through the model at"
    assert said in run.log.read_text()


def _free_run(folder: Path) -> RunFolder:
    """A run for which nobody chose how many sequences go through the model at once."""
    settings = tables(folder)
    del settings["training"]["micro_batch_size"]
    return create(result_of(plan(config_of(settings))), folder / "runs")


def test_no_more_are_tried_at_once_than_memory_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _run_out_above(monkeypatch, 4)
    monkeypatch.setattr("lmcore.training.settling.best_at_once", lambda *_: 8)
    run = _free_run(tmp_path)
    worked(run)
    assert run.about()["micro_batch_size"] == 4
    assert settle(result_of(reopen(run)), run.about()).most == 4


@pytest.mark.parametrize(("there", "kept"), [({}, True), ({"device_name": "another CPU"}, False)])
def test_mfu_is_measured_against_one_peak_on_one_device(tmp_path: Path, there: dict[str, Any], kept: bool) -> None:
    run = new_run(tmp_path)
    planned = result_of(reopen(run))
    known = settle(planned, {}).about | {"peak_flops": 123, "peak_source": "data sheet"}
    again = settle(planned, known | there)
    assert ((again.peak, again.source) == (123.0, "data sheet")) == kept


def test_threads_are_kept_for_as_many_processes(tmp_path: Path) -> None:
    plan = result_of(reopen(new_run(tmp_path)))
    plan = replace(plan, config=replace(plan.config, training=replace(plan.config.training, threads=None)))
    earlier = {"device": "cpu", "threads": 3, "processes": 1}
    assert settle(plan, earlier).threads == 3
    assert settle(plan, {**earlier, "processes": 4}).threads == settle(plan, {}).threads
    assert settle(plan, {}).about["processes"] == 1


def test_a_config_may_change_in_what_decides_no_number_and_lack_what_came_later(tmp_path: Path) -> None:
    run = new_run(tmp_path, checkpoint__every=1000)
    written = json.loads((run.path / "config.json").read_text())
    written["config"]["checkpoint"]["every"] = 3
    del written["config"]["schedule"]["kind"]  # as of a run that was made before there was such a setting
    about = run.about()
    data = [about["data"]["train"]["sha256"], about["tokenizer"]["sha256"]]
    written["sha256"] = digest_of(written["config"], data)
    (run.path / "config.json").write_text(json.dumps(written))
    work_until(run, 7)
    assert [one.step for one in checkpoints_in(run.checkpoints)] == [6, 7]


@pytest.mark.parametrize(("name", "content"), [("config.json", {"format": "lm-explorer-run"}), ("run.json", {})])
def test_files_of_a_run_that_say_nothing_are_named(tmp_path: Path, name: str, content: dict[str, str]) -> None:
    run = new_run(tmp_path)
    (run.path / name).write_text(json.dumps(content))
    with pytest.raises(RunError, match=f"{name}: .*the run needs it"):
        worked(run)


def test_an_error_that_nobody_foresaw_is_in_the_state_and_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run(tmp_path)

    def broken(self: Trainer) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(Trainer, "advance", broken)
    with pytest.raises(ZeroDivisionError):
        worked(run)
    assert (run.state().status, run.state().reason) == ("failed", "error")
    assert "ZeroDivisionError" in run.state().message
    assert "in broken" in run.log.read_text()


def test_nothing_is_unpickled_but_tensors(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    work_until(run, 10)
    newest = checkpoints_in(run.checkpoints)[-1]
    loaded = torch.load(newest.path / "optim.pt", weights_only=True)
    assert loaded
    trainer = json.loads((newest.path / "trainer.json").read_text())
    assert (trainer["step"], trainer["tokens"], trainer["digest"]) == (10, 10 * 8 * 16, run.digest())


def test_masked_documents_do_not_see_each_other(tmp_path: Path) -> None:
    plain, masked = new_run(tmp_path), new_run(tmp_path, data__document_masking=True)
    work_until(plain, 2)
    work_until(masked, 2)
    assert losses(plain)[1] != losses(masked)[1]


def test_documents_without_a_separator_cannot_be_masked(tmp_path: Path) -> None:
    settings = config(tmp_path, data__document_masking=True)
    token_file(tmp_path, separator=None)
    with pytest.raises(CorpusError, match="no separator between its documents"):
        result_of(plan(settings))


def test_a_run_without_validation_has_none(tmp_path: Path) -> None:
    run = new_run(tmp_path, data__validation_fraction=0.0)
    state = worked(run)
    assert (state.status, state.best_loss) == ("finished", None)
    assert {row["kind"] for row in read_rows(run.metrics)} == {"attempt", "train"}


def test_weights_are_drawn_from_the_seed_alone(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    torch.rand(5)
    work_until(run, 1)
    again = new_run(tmp_path)
    work_until(again, 1)
    assert losses(run) == losses(again)


def test_a_checkpoint_knows_its_step_and_size(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    work_until(run, 7)
    (only,) = checkpoints_in(run.checkpoints)
    assert only == Checkpoint(7, run.checkpoints / "step-00000007")
    plan = result_of(reopen(run))
    assert only.size > 3 * 4 * sum(weight.numel() for weight in _weights(run).values())
    assert plan.steps == 40
    assert choose_device("cpu").kind == "cpu"


def test_the_time_of_the_clock_adds_up_over_attempts(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    worked(run)
    first = run.state().wall
    assert first >= read_rows(run.metrics)[-1].get("seconds", 0.0)
    assert overview(run).last["wall"] == first
    run.write_state(replace(run.state(), wall=1000.0, status="paused"))
    Recorder(run, 40, Progress(step=40)).close()
    assert run.state().wall >= 1000.0
