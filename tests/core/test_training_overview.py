"""Is what is said of a run true, whatever became of its folder, its worker and the clock?"""

import json
import os
import re
import time
from dataclasses import asdict, replace
from pathlib import Path
from threading import Thread
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmcore.generators import result_of
from lmcore.training import locks, plain_files
from lmcore.training.checkpoint_files import FILES, writing_checkpoint
from lmcore.training.curves import VALIDATION, CurveReader, empty
from lmcore.training.listing import Listing
from lmcore.training.metrics import read_rows
from lmcore.training.newest import Newest
from lmcore.training.overview import Overview, Watched, last_lines, overview
from lmcore.training.plain_files import NoFileError
from lmcore.training.queueing import dequeue
from lmcore.training.run_folder import RunFolder, State
from lmcore.training.sample_files import SampleReader
from tests.core.trainings import new_run


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return new_run(tmp_path, optimizer__learning_rate=0.25)


def _checkpoint(run: RunFolder, step: int) -> Path:
    with writing_checkpoint(run.checkpoints, step, needed=10) as aside:
        for name in FILES[:3]:
            (aside / name).write_bytes(b"content")
    return run.checkpoints / f"step-{step:08d}"


def _write_state(run: RunFolder, **changes: Any) -> None:
    (run.path / "state.json").write_text(json.dumps({**asdict(State("running")), **changes}))


def test_a_new_run_is_told_with_what_was_chosen(run: RunFolder) -> None:
    found = overview(run)
    assert (found.path, found.name, found.standing, found.message) == (run.path, "small", "created", "")
    assert (found.config["optimizer.learning_rate"], found.config["model.d_model"]) == (0.25, 16)
    assert found.about["data.train.tokens"] == 6_000
    assert (found.step, found.steps, found.last, found.checkpoints, found.samples) == (0, 40, {}, (), ())
    assert abs(found.created - time.time()) < 3_600


@pytest.mark.parametrize(
    "heartbeat",
    [0, -1e15, 1e300, time.time() - 5, time.time() + 9e9],
    ids=["zero", "before time", "beyond time", "just now", "in the future"],
)
def test_whether_a_worker_is_lost_is_told_by_its_lock_and_by_no_clock(run: RunFolder, heartbeat: float) -> None:
    _write_state(run, step=1_234, heartbeat=heartbeat)
    with locks.holding(run.lock):
        assert overview(run).standing == "running"
    found = overview(run)
    assert (found.standing, found.step, found.heartbeat) == ("lost", 1_234, heartbeat)


def test_a_lost_run_says_since_when_and_where_it_goes_on(run: RunFolder) -> None:
    moment = time.mktime((2026, 3, 4, 5, 6, 7, 0, 0, -1))
    _write_state(run, step=1_234, heartbeat=moment)
    assert "since 2026-03-04 05:06:07, at step 1,234" in overview(run).message
    assert "begins anew" in overview(run).message
    _checkpoint(run, 1_200)
    assert "goes on behind step 1,200" in overview(run).message


def test_a_lost_run_is_at_the_last_step_that_it_recorded(run: RunFolder) -> None:
    _write_state(run, step=465)
    rows = [{"kind": "train", "step": step, "loss": 3.5} for step in (464, 495)]
    run.metrics.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows) + b'{"kind": "train", "step": 496')
    found = overview(run)
    assert (found.standing, found.step, found.last["step"]) == ("lost", 495, 495)
    assert "at step 495: it was killed" in found.message
    run.metrics.write_bytes(orjson.dumps({"kind": "train", "step": 460, "loss": 3.5}) + b"\n")
    assert overview(run).step == 465, "rows that a crash of the machine took"


def test_a_lost_run_keeps_its_figures_while_it_waits_and_where_no_worker_can_begin(run: RunFolder) -> None:
    _write_state(run, step=46)
    validation = {"kind": "validation", "step": 50, "loss": 7.369}
    rows = [{"kind": "train", "step": 50, "loss": 7.5, "tokens": 6_400}, validation]
    run.metrics.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    lost = overview(run)
    (run.control / "start").write_text("1\n")
    waiting = overview(run)
    (run.control / "start").unlink()
    run.write_state(run.state().hindered("The data are gone."))
    stopped = overview(run)
    assert (lost.standing, waiting.standing, stopped.standing) == ("lost", "waiting", "stopped")
    assert lost.step == waiting.step == stopped.step == 50
    assert lost.last == waiting.last == stopped.last
    assert (lost.last["best"], lost.last["best_step"]) == (7.369, 50)


@pytest.mark.parametrize(
    ("said", "seen", "best"),
    [
        ((8.5, 40), 7.5, (7.5, 50)),
        ((7.0, 40), 7.5, (7.0, 40)),
        ((7.5, 40), 7.5, (7.5, 40)),
        ((7.0, 40), None, (7.0, 40)),
        ((None, None), None, (None, None)),
        ((None, None), True, (None, None)),
    ],
)
def test_the_best_validation_is_the_least_that_is_known(
    run: RunFolder, said: tuple[float | None, int | None], seen: float | None, best: tuple[float | None, int | None]
) -> None:
    _write_state(run, step=46, best_loss=said[0], best_step=said[1])
    run.metrics.write_bytes(orjson.dumps({"kind": "validation", "step": 50, "loss": seen}) + b"\n")
    last = overview(run).last
    assert (last.get("best"), last.get("best_step")) == best


def test_a_run_is_not_lost_since_a_moment_that_is_still_to_come(run: RunFolder) -> None:
    _write_state(run, step=40, heartbeat=time.time() + 90_000)
    assert overview(run).message.startswith("The worker is lost, at step 40: it was killed")


def test_a_name_is_one_line(run: RunFolder) -> None:
    place = run.path / "config.json"
    place.write_text(place.read_text().replace('"small"', json.dumps("line\nbreak")))
    assert overview(run).name == "line break"


def test_a_worker_that_ends_while_it_is_looked_at_is_not_lost(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    _write_state(run, step=5)
    run.metrics.write_bytes(orjson.dumps({"kind": "train", "step": 9}) + b"\n")

    def gave_it_up(self: RunFolder) -> bool:
        _write_state(self, step=9, status="finished")
        return False

    monkeypatch.setattr(RunFolder, "is_alive", property(gave_it_up))
    found = Watched(run).look()
    assert (found.standing, found.step, found.message) == ("finished", 9, "")


def test_a_worker_that_gets_ready_is_starting(run: RunFolder) -> None:
    with locks.holding(run.lock):
        assert overview(run).standing == "starting"
        _write_state(run, message="Getting ready: reading the data.")
        found = overview(run)
    assert (found.standing, found.message) == ("starting", "Getting ready: reading the data.")


@pytest.mark.parametrize("status", ["paused", "stopped", "failed", "finished"])
def test_an_end_is_told_with_its_reason(run: RunFolder, status: str) -> None:
    _write_state(run, status=status, reason="disk", message="The disk is full.", step=7)
    found = overview(run)
    assert (found.standing, found.reason, found.message, found.step) == (status, "disk", "The disk is full.", 7)


@pytest.mark.parametrize("name", ["config.json", "run.json", "state.json"])
@pytest.mark.parametrize("content", [None, b"", b'{"torn', b"[]", b"null", b"\xff\xfe", b'{"config": 3}'])
def test_a_damaged_folder_is_told_with_the_file_and_the_remedy(
    run: RunFolder, name: str, content: bytes | None
) -> None:
    watched = Watched(run)
    watched.look()
    if content is None:
        (run.path / name).unlink()
    else:
        (run.path / name).write_bytes(content)
    found = watched.look()
    assert found.standing == "damaged"
    assert name in found.message
    assert ("Resume" if name == "state.json" else "Put back what it held, or delete") in found.message
    assert asdict(overview(run)) == asdict(found)


@pytest.mark.parametrize(
    "changes",
    [{"status": "happy"}, {"heartbeat": "now"}, {"step": "3"}, {"message": None}, {"best_loss": "low"}, {"reason": 1}],
)
def test_a_state_that_is_none_is_damage(run: RunFolder, changes: dict[str, Any]) -> None:
    _write_state(run, **changes)
    assert overview(run).standing == "damaged"


def test_settings_that_were_changed_afterwards_are_not_told_as_those_of_the_run(run: RunFolder) -> None:
    watched = Watched(run)
    assert watched.look().standing == "created"
    place = run.path / "config.json"
    before = place.read_text()
    place.write_text(before.replace('"learning_rate": 0.25', '"learning_rate": 0.5'))
    found = watched.look()
    assert (found.standing, found.config["optimizer.learning_rate"]) == ("damaged", 0.5)
    assert found.edited
    assert "was changed since the run was made" in found.message
    assert found.message.casefold().count("put back") == 1
    place.write_text(before)
    found = watched.look()
    assert (found.standing, found.edited) == ("created", False)


PIPES = (
    "config.json",
    "run.json",
    "state.json",
    "notes.json",
    "metrics.jsonl",
    "control/start",
    "samples/step-00000010.json",
)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes in folders")
@pytest.mark.parametrize("name", PIPES)
def test_a_pipe_in_the_place_of_a_file_is_told_and_not_waited_for(run: RunFolder, name: str) -> None:
    place = run.path / name
    place.unlink(missing_ok=True)
    os.mkfifo(place)
    found: list[Overview] = []
    looking = Thread(target=lambda: found.append(overview(run)), daemon=True)
    looking.start()
    looking.join(20)
    assert found, f"{name} is waited for"
    told = "" if name == "control/start" else name
    assert told in found[0].message
    assert (found[0].standing == "damaged") == (name in PIPES[:3])
    assert found[0].samples == ()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes in folders")
def test_pipes_among_rows_texts_checkpoints_and_logs_are_passed_over(run: RunFolder) -> None:
    manifest = _checkpoint(run, 10) / "MANIFEST.json"
    manifest.unlink()
    for place in (manifest, run.metrics, run.samples / "step-00000010.json", run.log, run.stop_file):
        place.unlink(missing_ok=True)
        os.mkfifo(place)
    done: list[object] = []

    def look() -> None:
        done.append(SampleReader(run.path).samples(empty(VALIDATION)))
        done.append(last_lines(run))
        done.append(run.asked())
        with pytest.raises(NoFileError):
            result_of(CurveReader(run.metrics).update())
        done.append(overview(run).checkpoints)

    looking = Thread(target=look, daemon=True)
    looking.start()
    looking.join(20)
    assert done == [(), [], "stopped", ()]


def test_a_half_written_checkpoint_is_none(run: RunFolder) -> None:
    watched = Watched(run)
    for step in (10, 20, 30):
        _checkpoint(run, step)
    assert watched.look().checkpoints == (10, 20, 30)
    (run.checkpoints / "step-00000040").mkdir()  # someone copies one
    (run.checkpoints / ".step-00000050.abc").mkdir()  # a worker was killed
    torn = _checkpoint(run, 60)
    (torn / FILES[0]).write_bytes(b"con")
    assert watched.look().checkpoints == (10, 20, 30)
    assert overview(run).checkpoints == (10, 20, 30)
    (torn / FILES[0]).write_bytes(b"content")
    assert watched.look().checkpoints == (10, 20, 30, 60), "whoever copied it is done"


_kinds = st.sampled_from(["train", "train", "train", "validation", "attempt", "other"])


@settings(max_examples=150)
@given(
    pieces=st.lists(
        st.lists(st.tuples(_kinds, st.integers(0, 9), st.sampled_from([None, 1.5])), max_size=6), min_size=1, max_size=6
    ),
    torn=st.integers(0, 9),
)
def test_the_newest_rows_are_the_last_that_count(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[list[tuple[str, int, float | None]]], torn: int
) -> None:
    path = tmp_path_factory.mktemp("newest") / "metrics.jsonl"
    newest, rest, number = Newest(path), b"", 0
    assert newest.rows() == {}
    for piece in pieces:
        lines = b""
        for kind, step, loss in piece:
            number += 1
            lines += orjson.dumps({"kind": kind, "step": step, "loss": loss, "number": number}) + b"\n"
        whole = rest + lines
        with path.open("ab") as file:
            file.write(whole[: len(whole) - torn])
        rest = whole[max(0, len(whole) - torn) :]
        rows = read_rows(path)
        expected = {kind: [row for row in rows if row["kind"] == kind][-1:] for kind in ("train", "validation")}
        expected["sound"] = [row for row in rows if row["kind"] == "train" and row["loss"] is not None][-1:]
        assert newest.rows() == {kind: found[0] for kind, found in expected.items() if found}


@pytest.mark.parametrize(("steps", "more"), [(3, b""), (3, b'{"kind": "train", "step": 4}\n'), (500, b"")])
def test_rows_that_were_edited_in_place_are_told_as_they_are_now(run: RunFolder, steps: int, more: bytes) -> None:
    validation = {"kind": "validation", "step": 1, "loss": 6.02}
    rows = [validation, *({"kind": "train", "step": step, "loss": 3.5} for step in range(1, steps + 1))]
    run.metrics.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    os.utime(run.metrics, (1e9, 1e9))
    watched = Watched(run)
    assert watched.look().last["validation"] == 6.02
    with run.metrics.open("r+b") as file:
        content = file.read()
        file.seek(content.index(b"6.02"))
        file.write(b"9.02")
        file.seek(0, os.SEEK_END)
        file.write(more)
    drawn = CurveReader(run.metrics)
    result_of(drawn.update())
    assert watched.look().last["validation"] == drawn.columns.validation["loss"][-1] == 9.02


def test_the_newest_figures_are_told_by_the_names_of_their_columns(run: RunFolder) -> None:
    _write_state(run, status="finished", best_loss=1.25, best_step=20)
    rows = [{"kind": "validation", "step": 30, "loss": 1.5}, {"kind": "train", "step": 31, "loss": None, "mfu": 0.5}]
    run.metrics.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    assert overview(run).last == {"step": 31, "mfu": 0.5, "validation": 1.5, "best": 1.25, "best_step": 20}


def test_a_run_that_diverged_tells_what_its_last_step_measured(run: RunFolder) -> None:
    _write_state(run, status="failed", reason="diverged", step=3)
    last = {"kind": "train", "step": 3, "loss": 9495.6, "tokens": 6144, "seconds": 0.78, "memory": 774}
    broken = {"kind": "train", "step": 4, "loss": None}
    run.metrics.write_bytes(orjson.dumps(last) + b"\n")
    watched = Watched(run)
    watched.look()
    with run.metrics.open("ab") as file:
        file.write(orjson.dumps(broken) + b"\n")
    expected = {"step": 4, "loss": 9495.6, "tokens": 6144, "seconds": 0.78, "memory": 774}
    assert watched.look().last == overview(run).last == expected


def test_tags_and_notes_are_told_and_their_damage_is_no_damage_to_the_run(run: RunFolder) -> None:
    place = run.path / "notes.json"
    place.write_text('{"tags": ["baseline", "keep"], "note": "the first"}')
    found = overview(run)
    assert (found.tags, found.note) == (("baseline", "keep"), "the first")
    place.write_text('{"tags": "baseline"}')
    found = overview(run)
    assert (found.standing, found.tags, found.note) == ("created", (), "")
    assert "notes.json" in found.message


def test_rows_that_are_lost_are_told(run: RunFolder) -> None:
    _write_state(run, status="finished", step=240)
    run.metrics.write_text("garbage\n" * 1000)
    assert "holds no rows, though the run has done 240 steps" in overview(run).message
    _write_state(run, status="queued", step=0)
    assert overview(run).message == ""


@pytest.mark.parametrize("left", [None, b""])
def test_rows_that_are_gone_are_told(run: RunFolder, left: bytes | None) -> None:
    _write_state(run, status="finished", step=240)
    run.metrics.write_bytes(orjson.dumps({"kind": "train", "step": 240, "loss": 3.5}) + b"\n")
    watched = Watched(run)
    assert (watched.look().message, watched.look().last["loss"]) == ("", 3.5)
    if left is None:
        run.metrics.unlink()
    else:
        run.metrics.write_bytes(left)
    found, told = watched.look(), "is not there" if left is None else "holds no rows"
    assert (found.standing, found.last) == ("finished", {})
    assert f"metrics.jsonl: {told}, though the run has done 240 steps. Put" in found.message
    _write_state(run, status="stopped", step=0)
    assert watched.look().message == "", "it has measured nothing yet"


def test_a_checkpoint_that_is_cut_off_after_it_was_seen_is_no_longer_one(run: RunFolder) -> None:
    place, watched = _checkpoint(run, 10), Watched(run)
    assert watched.look().checkpoints == (10,)
    with (place / FILES[0]).open("r+b") as file:
        file.truncate(3)
    assert [watched.look().checkpoints for _ in range(20)][-1] == ()


def test_runs_that_wait_have_a_place(tmp_path: Path) -> None:
    runs = [new_run(tmp_path) for _ in range(4)]
    for run, number in zip(runs, ["12\n", "9\n", None, "torn"], strict=True):
        if number:
            (run.control / "start").write_text(number)
    found = [overview(run) for run in runs]
    assert [one.standing for one in found] == ["waiting", "waiting", "created", "waiting"]
    assert [one.place for one in found] == [1, 0, None, 2]


def test_a_run_whose_state_is_torn_waits_once_it_was_told_to_resume(tmp_path: Path) -> None:
    torn, broken, whole = (new_run(tmp_path) for _ in range(3))
    (torn.path / "state.json").write_text('{"status": "run')
    (broken.path / "config.json").write_text("{")
    torn.metrics.write_bytes(orjson.dumps({"kind": "train", "step": 50, "loss": 7.5}) + b"\n")
    listing = Listing(torn.path.parent)

    def told() -> dict[Path, tuple[str, int | None]]:
        return {one.path: (one.standing, one.place) for one in result_of(listing.look()) or ()}

    assert told()[torn.path] == ("damaged", None)
    for run, number in ((torn, 2), (broken, 3), (whole, 1)):
        (run.control / "start").write_text(f"{number}\n")
    assert told() == {torn.path: ("waiting", 1), broken.path: ("damaged", None), whole.path: ("waiting", 0)}
    assert (overview(torn).message, overview(torn).step) == ("", 50), "no remedy that was taken already"
    dequeue(torn)
    assert told()[torn.path] == ("damaged", None)


def test_what_has_not_changed_is_not_read_again(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    _write_state(run, status="stopped")  # by one that nobody can have meanwhile
    for path in (run.path, *run.path.rglob("*")):
        os.utime(path, (1e9, 1e9))
    watched = Watched(run)
    before = watched.look()
    with monkeypatch.context() as patch:
        patch.setattr(plain_files, "_open", None)
        patch.setattr(Path, "open", None)
        assert watched.look() is before
    run.write_state(replace(run.state(), step=3))
    assert watched.look().step == 3


def test_two_changes_within_a_tick_of_the_clock_are_both_told(run: RunFolder) -> None:
    watched = Watched(run)
    place = run.path / "notes.json"
    place.write_text('{"note": "one"}')
    moment = place.stat().st_mtime_ns
    assert watched.look().note == "one"
    place.write_text('{"note": "two"}')  # as long, in the same file
    os.utime(place, ns=(moment, moment))
    assert watched.look().note == "two"


def test_the_last_lines_of_the_log(run: RunFolder) -> None:
    assert last_lines(run) == []
    run.log.write_bytes(b"x" * 100_000 + b"\n" + b"".join(b"line %d\n" % number for number in range(50)) + b"torn \xff")
    assert last_lines(run, 3) == ["line 48", "line 49", "torn \ufffd"]
    assert len(last_lines(run, 51)) == 51
    assert last_lines(run, 0) == []
    assert re.fullmatch("x+", last_lines(run, 1_000)[0])
    os.truncate(run.log, 0)
    assert last_lines(run) == []
