"""Can everything be done from a terminal: plan, train, stop, go on, list, sweep?"""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from lmcore.cli import main
from lmcore.training.config import to_toml
from lmcore.training.creating import Planned
from lmcore.training.queueing import enqueue
from lmcore.training.run_folder import RunFolder, State, runs_in
from lmcore.training.settling import Settled
from lmcore.training.trainer import Trainer
from lmcore.training.worker import new_trainer
from tests.core.trainings import config


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A file of settings of a small training."""
    path = tmp_path / "small.toml"
    path.write_text(to_toml(config(tmp_path, training__threads=torch.get_num_threads())))
    return path


def _json(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[int, list[Any]]:
    """A command's exit status and the JSON that it printed, an object a line."""
    status = main([str(one) for one in argv])
    return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_file_of_settings_becomes_a_run(settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = tmp_path / "runs"
    status, (said,) = _json(capsys, "train", settings, "--set", "training.steps=12", "--runs", runs, "--json")
    assert (status, said["status"], said["step"], said["steps"]) == (0, "finished", 12, 12)
    (run,) = runs_in(runs)
    assert said["run"] == str(run.path)
    status, (listed,) = _json(capsys, "runs", "--runs", runs, "--json")
    assert [(row["run"], row["status"], row["best_loss"]) for row in listed["runs"]] == [
        (str(run.path), "finished", said["best_loss"])
    ]


def test_a_dry_run_says_what_it_takes_and_begins_nothing(
    settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, (said,) = _json(capsys, "train", settings, "--dry-run", "--json", "--runs", tmp_path / "runs")
    assert status == 0
    forecast = said["forecast"]
    assert (forecast["steps"], forecast["tokens"]) == (40, 40 * 8 * 16)
    assert forecast["parameters"] == 2 * 61 * 16 + 4 * 16 * 16 + 3 * 16 * 32 + 3 * 16
    assert forecast["memory"] > 16 * forecast["parameters"]
    assert not (tmp_path / "runs").exists()
    assert main(["train", str(settings), "--dry-run"]) == 0
    printed = capsys.readouterr().out
    assert "4,560 parameters" in printed
    assert "40 steps of 8 × 16 tokens = 5,120 tokens" in printed


def test_a_sweep_is_a_run_for_each_value(settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    swept = tmp_path / "sweep.toml"
    swept.write_text(settings.read_text() + '\n[sweep]\n"optimizer.learning_rate" = [0.001, 0.01, 1e30]\n')
    clipped = ["--set", "training.steps=10", "--set", "optimizer.clip_norm=0.0"]
    status, said = _json(capsys, "train", swept, *clipped, "--runs", tmp_path / "runs", "--json")
    assert [one["status"] for one in said] == ["finished", "finished", "failed"]
    assert status == 1, "one of the group diverged"
    abouts = [run.about()["group"] for run in runs_in(tmp_path / "runs")]
    assert sorted(about["values"]["optimizer.learning_rate"] for about in abouts) == [0.001, 0.01, 1e30]
    assert len({about["id"] for about in abouts}) == 1


def test_a_run_can_be_made_first_and_started_then(
    settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = tmp_path / "runs"
    _, (made,) = _json(capsys, "train", settings, "--create", "--json", "--set", "training.steps=3", "--runs", runs)
    run = RunFolder.open(Path(made["run"]))
    assert run.state().status == "queued"
    assert main(["train", str(run.path)]) == 0
    assert capsys.readouterr().out.startswith("Finished at step 3 of 3")
    assert main(["train", str(run.path), "--set", "training.steps=4"]) == 2


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["{settings}", "--set", "optimizer.kind=sgd"], "optimizer.kind is 'sgd'"),
        (["{settings}", "--set", "optimizer.lr=1"], "optimizer.lr is no setting"),
        (["{folder}/none.toml"], "cannot be read"),
        (["{folder}"], "is no run of a training"),
        (["{settings}", "--set", "model.vocab_size=20"], "choose a vocab_size of at least 61"),
        (["{settings}", "--set", "model.context_length=9000"], "a context of 9,000"),
        (["{settings}", "--set", "training.device=tpu"], "training.device is 'tpu'"),
        (["{settings}", "--set", "training.device=cpu:3"], "training.device is 'cpu:3'"),
        (["{settings}", "--set", "model.feed_forward=geglu"], "can be counted here, but not built"),
    ],
)
def test_what_cannot_be_trained_is_said_in_a_line(
    settings: Path, tmp_path: Path, argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word.format(settings=settings, folder=tmp_path) for word in argv]
    assert main(["train", *words, "--dry-run"] if words[0].endswith(".toml") else ["train", *words]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_group_is_checked_before_the_first_of_it_is_made(
    settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    swept = tmp_path / "sweep.toml"
    swept.write_text(settings.read_text() + '\n[sweep]\n"model.context_length" = [16, 9000]\n')
    assert main(["train", str(swept), "--runs", str(tmp_path / "runs")]) == 2
    assert "a context of 9,000" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_one_of_a_group_that_cannot_begin_does_not_hinder_the_others(
    settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    swept = tmp_path / "sweep.toml"
    swept.write_text(settings.read_text() + '\n[sweep]\n"model.d_model" = [32, 16]\n')

    def trainer(plan: Planned, settled: Settled) -> Trainer:
        if plan.shape.d_model == 32:
            raise MemoryError("d_model 32 is too much")
        return new_trainer(plan, settled)

    monkeypatch.setattr("lmcore.training.worker.new_trainer", trainer)
    status, said = _json(capsys, "train", swept, "--set", "training.steps=2", "--runs", tmp_path / "runs", "--json")
    assert (status, [one["status"] for one in said]) == (1, ["failed", "finished"])
    assert said[0]["reason"] == "memory"
    assert all(one["pid"] for one in said)


def test_several_processes_do_not_make_a_run_each(
    settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert main(["train", str(settings), "--runs", str(tmp_path / "runs")]) == 2
    assert "make it first with train --create" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("content", ["", '{"status": "running", "step": "x"}', '{"step": 3}'])
def test_a_damaged_state_does_not_hide_other_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    one, other = (RunFolder.create(tmp_path / "runs", config(tmp_path), "digest", {"steps": 9}) for _ in range(2))
    (one.path / "state.json").write_text(content)
    status, (listed,) = _json(capsys, "runs", "--runs", tmp_path / "runs", "--json")
    assert status == 0
    found = {row["run"]: (row["status"], row["steps"]) for row in listed["runs"]}
    assert found == {str(one.path): ("damaged", 0), str(other.path): ("queued", 9)}
    assert main(["runs", "--runs", str(tmp_path / "runs")]) == 0
    assert "damaged" in capsys.readouterr().out
    enqueue(one)
    status, (listed,) = _json(capsys, "runs", "--runs", tmp_path / "runs", "--json")
    assert {row["run"]: row["status"] for row in listed["runs"]}[str(one.path)] == "waiting"


def test_a_run_that_nobody_works_on_is_called_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = RunFolder.create(tmp_path / "runs", config(tmp_path), "digest", {})
    run.write_state(State("running", step=3, steps=9))
    assert main(["runs", "--runs", str(tmp_path / "runs")]) == 0
    assert capsys.readouterr().out.startswith("lost")
    assert main(["runs", "--stop", str(run.path)]) == 2
    assert "there is nothing to stop" in capsys.readouterr().err
