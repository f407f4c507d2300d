"""Does a run end as it was asked to, and is what people say of it kept?"""

import json
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmcore.cli import main
from lmcore.errors import LmError
from lmcore.generators import result_of
from lmcore.training.commands import RunFailedError, fail_if_any_failed
from lmcore.training.loop import Stepped
from lmcore.training.overview import overview
from lmcore.training.run_folder import Annotations, Kept, RunError, RunFolder, State
from lmcore.training.stopping import Stop
from lmcore.training.taking import taking
from lmcore.training.worker import work
from tests.core.trainings import new_run, worked


def _asked(run: RunFolder, content: str | None, keep: Kept = "stopped") -> State:
    """Work until behind step 7 someone asks, by a file with this content or as the window does."""
    events = work(run)
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            state: State = end.value
            return state
        if isinstance(event, Stepped) and event.step == 7:
            if content is None:
                run.ask_to_stop(keep)
            else:
                run.stop_file.write_text(content)


@pytest.mark.parametrize("keep", ["stopped", "paused"])
def test_a_run_says_how_it_was_asked_to_end_and_goes_on(tmp_path: Path, keep: Kept) -> None:
    run = new_run(tmp_path)
    _asked(run, None, keep)
    state = run.state()
    assert (state.status, state.reason, state.message, state.step) == (keep, "", "", 8)
    assert worked(run).status == "finished"


@pytest.mark.parametrize("content", ["", "pause", "\x00\xff"])
def test_a_stop_file_that_says_nothing_stops(tmp_path: Path, content: str) -> None:
    assert _asked(new_run(tmp_path), content).status == "stopped"


def test_a_request_that_was_meant_for_an_earlier_worker_is_gone(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    run.ask_to_stop("paused")
    with Stop(run) as stop:
        assert not stop
        run.ask_to_stop("paused")
        assert (bool(stop), stop.keep) == (True, "paused")
    assert [path.name for path in run.control.iterdir()] == ["stop"], "nothing is left beside it"


def test_a_pause_that_was_asked_for_is_no_failure_and_a_full_disk_is_one() -> None:
    fail_if_any_failed([State("paused"), State("stopped"), State("finished")])
    with pytest.raises(RunFailedError, match="make room"):
        fail_if_any_failed([State("paused"), State("paused", reason="disk", message="make room")])


def test_the_command_pauses_only_what_is_at_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = new_run(tmp_path)
    assert main(["runs", "--pause", str(run.path)]) == 2
    assert "there is nothing to stop" in capsys.readouterr().err
    events = work(run)
    while not isinstance(next(events), Stepped):
        pass
    assert main(["runs", "--pause", str(run.path)]) == 0
    for _ in events:
        pass
    assert run.state().status == "paused"
    assert main(["runs", "--stop", "a", "--pause", "b"]) == 2


def test_what_is_said_of_a_run_is_kept_as_it_was_said(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    assert run.annotations() == Annotations()
    run.annotate([" best ", "", "best", "α"], "First line\nsecond: “ü” 🐋")
    assert RunFolder.open(run.path).annotations() == Annotations(("best", "α"), "First line\nsecond: “ü” 🐋")
    run.check_unchanged()
    run.annotate([], "")
    assert run.annotations() == Annotations()


SAID = st.builds(Annotations, st.lists(st.sampled_from("abc"), unique=True).map(tuple), st.sampled_from(("", "x", "y")))


@given(SAID, SAID, SAID)
def test_what_two_people_say_of_a_run_at_once_is_kept(
    before: Annotations, typed: Annotations, now: Annotations
) -> None:
    kept = now.merged(before, typed)
    if now == before:
        assert kept == typed
    if typed == before:
        assert kept == now
    for one, other in ((typed, now), (now, typed)):
        added, taken = set(one.tags) - set(before.tags), set(before.tags) - set(one.tags)
        assert added <= set(kept.tags)
        assert not taken & set(kept.tags) - (set(other.tags) - set(before.tags))
        if one.note != before.note:
            assert one.note in kept.note
    assert len(set(kept.tags)) == len(kept.tags)


@pytest.mark.parametrize("content", ['{"tags": [3]}', '{"tags": "best"}', '{"note": null}', "[]", '{"tags'])
def test_damaged_notes_are_named_and_can_be_written_anew(tmp_path: Path, content: str) -> None:
    run = new_run(tmp_path)
    (run.path / "notes.json").write_text(content)
    with pytest.raises(RunError, match=r"notes\.json"):
        run.annotations()
    run.annotate(["mended"], "")
    assert json.loads((run.path / "notes.json").read_text())["tags"] == ["mended"]


def test_a_run_that_is_taken_begins_for_all_who_look_and_can_be_paused_before_torch_is_there(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    run.ask_to_stop("stopped")  # meant for an earlier worker
    with taking(run) as taken:
        assert overview(run).standing == "starting"
        assert not run.stop_file.exists()
        run.ask_to_stop("paused")
        assert result_of(work(run, taken)).status == "paused"
    assert overview(run).standing == "paused"
    assert worked(run).status == "finished"


def test_a_signal_that_comes_while_torch_is_loaded_stops(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    with taking(run) as taken:
        signal.raise_signal(signal.SIGTERM)
        assert result_of(work(run, taken)).status == "stopped"


@pytest.mark.parametrize(("error", "status"), [(LmError("no torch"), "failed"), (KeyboardInterrupt(), "queued")])
def test_what_hinders_the_beginning_is_in_the_state(tmp_path: Path, error: BaseException, status: str) -> None:
    run = new_run(tmp_path)
    with pytest.raises(type(error)), taking(run):
        raise error
    assert run.state().status == status
    assert ("no torch" in run.state().message) == (status == "failed")
    finished = worked(run)
    with pytest.raises(type(error)), taking(run):
        raise error
    assert run.state().status == finished.status
