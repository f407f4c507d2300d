"""Is a run's folder truthful, whatever happens to its files while they are written and read?"""

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmcore.training import checkpoint_files, locks
from lmcore.training.checkpoint_files import (
    FILES,
    WEIGHTS,
    DamagedError,
    DiskFullError,
    check,
    checking,
    checkpoints_in,
    keep_only,
    writing_checkpoint,
)
from lmcore.training.metrics import MetricsReader, MetricsWriter, read_rows, visible
from lmcore.training.run_folder import RunError, RunFolder, State, runs_in, slug
from tests.core.trainings import config


def _run(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "runs", config(tmp_path), "digest", {"parent": "none"})


def test_a_new_run_says_what_was_chosen_and_that_it_waits(tmp_path: Path) -> None:
    run = _run(tmp_path)
    assert RunFolder.open(run.path).config() == config(tmp_path)
    assert run.digest() == "digest"
    assert run.about()["parent"] == "none"
    assert (run.state().status, run.is_alive) == ("queued", False)
    assert [one.path for one in runs_in(tmp_path / "runs")] == [run.path]


def test_runs_that_are_begun_in_the_same_second_have_folders_of_their_own(tmp_path: Path) -> None:
    assert len({_run(tmp_path).path for _ in range(5)}) == 5


@pytest.mark.parametrize("name", ["config.json", "state.json", "run.json"])
def test_a_file_that_is_gone_or_no_json_is_named(tmp_path: Path, name: str) -> None:
    run = _run(tmp_path)
    read = {"config.json": run.config, "state.json": run.state, "run.json": run.about}[name]
    (run.path / name).write_text('{"torn')
    with pytest.raises(RunError, match=name):
        read()
    (run.path / name).unlink()
    with pytest.raises(RunError, match="was removed, or is none"):
        read()


def test_a_note_on_a_run_that_is_gone_is_refused_and_makes_no_folder(tmp_path: Path) -> None:
    run = _run(tmp_path)
    run.path.rename(tmp_path / "bin")
    with pytest.raises(RunError, match=f"“{run.name}” is gone; its tags and note were not kept"):
        run.annotate(["best"], "A note.")
    assert not run.path.exists()


def test_a_folder_of_other_things_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    with pytest.raises(RunError, match="no run of a training"):
        RunFolder.open(tmp_path)
    assert list(runs_in(tmp_path.parent / "nowhere")) == []


def test_a_state_says_who_wrote_it_and_when(tmp_path: Path) -> None:
    run = _run(tmp_path)
    run.write_state(State("failed", step=3, message="It diverged.", reason="diverged"))
    found = run.state()
    assert (found.status, found.step, found.message, found.reason) == ("failed", 3, "It diverged.", "diverged")
    assert found.pid == os.getpid()
    assert found.heartbeat > 0


@pytest.mark.parametrize(
    ("name", "expected"),
    [("First Run: 3e-4!", "first-run-3e-4"), ("", "run"), ("…", "run"), ("a" * 99, "a" * 40), ("../../etc", "etc")],
)
def test_names_are_made_fit_for_every_file_system(name: str, expected: str) -> None:
    assert slug(name) == expected


_HOLD = """
import sys
from pathlib import Path
from lmcore.training import locks
with locks.holding(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lock_lasts_as_long_as_its_process(tmp_path: Path) -> None:
    lock = tmp_path / "run.lock"
    assert not locks.is_held(lock)
    holder = [sys.executable, "-c", _HOLD, str(lock)]
    with subprocess.Popen(holder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline().strip() == b"held"
        assert locks.is_held(lock)
        with pytest.raises(locks.LockedError, match="another process works on this run"), locks.holding(lock):
            pass
        process.kill()
    assert not locks.is_held(lock)
    with locks.holding(lock):
        assert locks.is_held(lock)


def _row(step: int, kind: str = "train", **more: object) -> dict[str, object]:
    return {"kind": kind, "step": step, **more}


def _append(path: Path, *rows: dict[str, object]) -> None:
    with closing(MetricsWriter(path)) as writer:
        writer.append(rows)


def test_a_reader_gets_what_was_appended_and_no_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    reader = MetricsReader(path)
    assert reader.read() == ([], False)
    _append(path, _row(1, loss=2.0))
    assert reader.read() == ([_row(1, loss=2.0)], False)
    with path.open("ab") as file:
        file.write(b'{"kind":"train","st')
    assert reader.read() == ([], False)
    with path.open("ab") as file:
        file.write(b'ep":2}\n')
    assert reader.read() == ([_row(2)], False)


def test_rows_behind_a_torn_line_are_read(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"kind":"train","step":1}\n{"kind":"train","step":2,"lo')
    _append(path, _row(1, "attempt"), _row(2))
    assert read_rows(path) == [_row(1), _row(1, "attempt"), _row(2)]


def test_a_file_that_was_replaced_is_read_anew(tmp_path: Path) -> None:
    path, other = tmp_path / "metrics.jsonl", tmp_path / "other"
    _append(path, _row(1), _row(2))
    reader = MetricsReader(path)
    reader.read()
    _append(other, _row(7))
    other.replace(path)
    assert reader.read() == ([_row(7)], True)
    path.unlink()
    assert reader.read() == ([], True)
    assert reader.read() == ([], False)


def test_numbers_that_json_does_not_have_are_nothing(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    _append(path, _row(1, loss=float("nan")))
    assert read_rows(path) == [_row(1, loss=None)]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), max_size=30))
def test_an_attempt_hides_the_older_rows_of_later_steps(plan: list[tuple[bool, int]]) -> None:
    rows = [_row(step, "attempt" if attempt else "train", number=number) for number, (attempt, step) in enumerate(plan)]
    expected = [
        row
        for place, row in enumerate(rows)
        if not any(later["kind"] == "attempt" and later["step"] < row["step"] for later in rows[place + 1 :])  # type: ignore[operator]
    ]
    assert visible(rows) == expected


def _checkpoint(folder: Path, step: int) -> Path:
    folder.mkdir(exist_ok=True)
    with writing_checkpoint(folder, step, needed=10) as aside:
        for name in FILES[:3]:
            (aside / name).write_bytes(f"{name} {step}".encode())
    return folder / f"step-{step:08d}"


def test_a_checkpoint_is_there_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "ckpt"
    _checkpoint(folder, 5)
    check(checkpoints_in(folder)[0])
    with pytest.raises(RuntimeError), writing_checkpoint(folder, 6, needed=10) as aside:
        (aside / FILES[0]).write_bytes(b"half")
        raise RuntimeError
    assert [one.step for one in checkpoints_in(folder)] == [5]
    assert [path.name for path in folder.iterdir()] == ["step-00000005"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("how", ["changed", "longer", "gone"])
def test_damage_to_any_file_of_a_checkpoint_is_found(tmp_path: Path, name: str, how: str) -> None:
    path = _checkpoint(tmp_path / "ckpt", 5)
    content = bytearray((path / name).read_bytes())
    content[0] ^= 1
    if how == "gone":
        (path / name).unlink()
    else:
        (path / name).write_bytes(content if how == "changed" else (path / name).read_bytes() + b"x")
    with pytest.raises(DamagedError, match=name):
        check(checkpoints_in(tmp_path / "ckpt")[0])


def test_reading_a_checkpoint_may_stop_between_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _checkpoint(tmp_path / "ckpt", 5)
    size = (path / WEIGHTS).stat().st_size
    monkeypatch.setattr(checkpoint_files, "_BLOCK", 3)
    found = checkpoints_in(tmp_path / "ckpt")[0]
    assert len(list(checking(found, weights_alone=True))) == -(-size // 3)
    check(found)


def test_a_manifest_that_leaves_a_file_out_is_damage(tmp_path: Path) -> None:
    path = _checkpoint(tmp_path / "ckpt", 5)
    manifest = json.loads((path / "MANIFEST.json").read_text())
    del manifest["files"]["optim.pt"]
    (path / "MANIFEST.json").write_text(json.dumps(manifest))
    with pytest.raises(DamagedError, match=r"does not name optim\.pt"):
        check(checkpoints_in(tmp_path / "ckpt")[0])


def test_the_last_the_best_and_every_so_many_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "ckpt"
    for step in range(0, 100, 10):
        _checkpoint(folder, step)
    removed = keep_only(folder, keep_last=2, keep_every=40, best_step=30)
    assert [one.step for one in checkpoints_in(folder)] == [30, 40, 80, 90]
    assert [one.step for one in removed] == [0, 10, 20, 50, 60, 70]
    assert len(list(folder.iterdir())) == 4


def test_a_checkpoint_that_has_no_room_is_not_begun(tmp_path: Path) -> None:
    folder = tmp_path / "ckpt"
    _checkpoint(folder, 5)
    with pytest.raises(DiskFullError, match="make room"), writing_checkpoint(folder, 6, needed=1 << 60):
        pytest.fail("the block must not be entered")
    assert [path.name for path in folder.iterdir()] == ["step-00000005"]


def test_a_disk_that_fills_up_meanwhile_leaves_the_checkpoints_before(tmp_path: Path) -> None:
    folder = tmp_path / "ckpt"
    _checkpoint(folder, 5)
    with pytest.raises(DiskFullError, match="No space left"), writing_checkpoint(folder, 6, needed=10):
        raise OSError(28, "No space left on device")
    assert [path.name for path in folder.iterdir()] == ["step-00000005"]
