"""The commands `train` and `runs`: start a training or go on with one, and see which there are."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Generator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lmcore import figures
from lmcore.errors import LmError, StoppedError, UsageError
from lmcore.packages import needed_for, spin_briefly
from lmcore.training.queueing import enqueue, waits
from lmcore.training.run_folder import RunError, RunFolder, State, runs_dir, runs_in
from lmcore.training.taking import Taken, taking

if TYPE_CHECKING:
    from lmcore.training.creating import Planned
    from lmcore.training.sweeps import Member

Follow = Callable[[Any], Any]
"""Runs a generator to its end, showing its events; gives back its result."""


class RunFailedError(LmError):
    """A training that did not reach its end."""


def add_training_commands(commands: Any, follow: Follow) -> None:
    """Adds the commands to the parser's."""
    train = commands.add_parser("train", help="train a model, or go on with a run")
    train.add_argument("what", type=Path, metavar="CONFIG.toml|RUN", help="a file of settings, or a run's folder")
    train.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="such as training.steps=100")
    _add_runs(train)
    train.add_argument("--dry-run", action="store_true", help="say what it would take, and stop")
    train.add_argument("--create", action="store_true", help="make the run, print its folder, and do not start it")
    train.add_argument("--json", action="store_true", help="print one JSON object a run")
    train.set_defaults(run=lambda arguments: _train(arguments, follow))
    runs = commands.add_parser("runs", help="list the runs, stop or pause one, or let it wait")
    _add_runs(runs)
    asked = runs.add_mutually_exclusive_group()
    asked.add_argument("--stop", type=Path, metavar="RUN", help="ask a run's worker to keep it and end")
    asked.add_argument("--pause", type=Path, metavar="RUN", help="the same, and the run is listed as paused")
    asked.add_argument("--enqueue", type=Path, metavar="RUN", help="let it wait for `worker queue DIR` to train it")
    runs.add_argument("--json", action="store_true", help="print one JSON object")
    runs.set_defaults(run=_runs)


def _add_runs(command: argparse.ArgumentParser) -> None:
    command.add_argument("--runs", type=Path, metavar="DIR", help="where runs are kept; the user's data unless given")


def _train(arguments: argparse.Namespace, follow: Follow) -> None:
    need_torch()
    if arguments.what.is_dir():
        if arguments.set or arguments.dry_run or arguments.create:
            raise UsageError("--set, --dry-run and --create are for a file of settings; a run keeps its own.")
        state = work_on(arguments.what, follow)
        _report(arguments, RunFolder.open(arguments.what), state)
        fail_if_any_failed([state])
        return
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise UsageError(f"{arguments.what}: several processes train one run; make it first with train --create.")
    from lmcore.training.creating import creating
    from lmcore.training.sweeps import members_of

    states: list[State] = []
    for member, planned in _planned(members_of(arguments.what, arguments.set), follow):
        if arguments.dry_run:
            _dry_run(arguments, planned, member)
            continue
        run = follow(creating(planned, arguments.runs or runs_dir(), member.about))
        if arguments.create:
            print(json.dumps({"run": str(run.path)}) if arguments.json else run.path)
            continue
        states.append(_work_of_a_group(run, follow) if member.about else work_on(run.path, follow))
        _report(arguments, run, states[-1])
        if _was_asked_to_end(states[-1]):
            break
    fail_if_any_failed(states)


def _planned(group: "list[Member]", follow: Follow) -> "list[tuple[Member, Planned]]":
    """The members with their plans. Raises `UsageError` for the first that cannot be, before any is made."""
    from lmcore.model.shapes import architecture_of_shape
    from lmcore.training.creating import plan

    planned = [(member, follow(plan(member.config))) for member in group]
    for _, one in planned:
        architecture_of_shape(one.shape)
    return planned


def _work_of_a_group(run: RunFolder, follow: Follow) -> "State":
    """A run's last state, also where it could not begin: the others of its group can."""
    try:
        return work_on(run.path, follow)
    except StoppedError:
        raise
    except LmError as error:
        print(f"lmcore: {error}", file=sys.stderr)
        return run.state()


def work_on(path: Path, follow: Follow, silent: bool = False) -> "State":
    """Train a run to its end; its last state."""
    run = RunFolder.open(path)
    if "RANK" in os.environ:  # torchrun started this process among others, which agree first on who holds the run
        need_torch()
        return _follow(run, None, follow, silent)
    with taking(run) as taken:
        need_torch()
        return _follow(run, taken, follow, silent)


def _follow(run: RunFolder, taken: Taken | None, follow: Follow, silent: bool) -> "State":
    from lmcore.training.worker import work

    events = work(run, taken)
    try:
        state: State = follow(_unseen(events) if silent or not _is_first() else _shown(events))
    except KeyboardInterrupt:
        raise StoppedError(
            f"broken off; go on behind the last checkpoint with: python3 main.py train {run.path}"
        ) from None
    finally:
        events.close()  # whatever ended it, such as a terminal that is gone, the state says so
    return state


def fail_if_any_failed(states: "list[State]") -> None:
    """Raises `RunFailedError` for the first that did, when all of a group were tried: one may diverge, others not."""
    for state in states:
        if state.status in ("failed", "paused") and not _was_asked_to_end(state):
            raise RunFailedError(state.message)


def _was_asked_to_end(state: "State") -> bool:
    """Whether someone stopped or paused it; a run that a full disk paused has that as its reason."""
    return state.status == "stopped" or (state.status == "paused" and not state.reason)


def _shown(events: Generator[Any, None, "State"]) -> Generator[Any, None, "State"]:
    """What a terminal shows of a training's events."""
    from lmcore.bpe.events import Notice
    from lmcore.training.evaluation import Evaluated, Sampled
    from lmcore.training.loop import Noticed, Trained

    while True:
        try:
            event = next(events)
        except StopIteration as end:
            result: State = end.value
            return result
        match event:
            case Noticed(text=text):
                yield Notice(text)
            case Trained(rows=rows):
                last = rows[-1]
                yield Notice(
                    f"step {last.step:,}  loss {last.loss:.3f}  {figures.count(round(last.tokens_per_second))} tokens/s"
                )
            case Evaluated():
                bits = "" if event.bits_per_byte is None else f", {event.bits_per_byte:.3f} bits a byte"
                yield Notice(
                    f"step {event.step:,}  validation loss {event.loss:.4f}, perplexity {event.perplexity:.2f}{bits}"
                )
            case Sampled(prompt=prompt, text=text):
                yield Notice(f"    {prompt}{text}")
            case _ if not type(event).__module__.startswith("lmcore.training"):
                yield event


def _unseen(events: Generator[Any, None, "State"]) -> Generator[Any, None, "State"]:
    """Of several processes only the first tells; what a worker does is in the run's folder."""
    while True:
        try:
            next(events)
        except StopIteration as end:
            result: State = end.value
            return result
        yield from ()


def _is_first() -> bool:
    """Whether torchrun started no other process before this one."""
    return os.environ.get("RANK", "0") == "0"


def _dry_run(arguments: argparse.Namespace, planned: "Planned", member: "Member") -> None:
    from lmcore.training.devices import machine_of
    from lmcore.training.planning import forecast, lines

    config, shape, data = member.config, planned.shape, planned.data
    machine = machine_of(config.training.device, config.training.threads)
    found = forecast(shape, config, len(data.train), machine)
    if arguments.json:
        told = {**asdict(found), "memory": found.memory}
        print(json.dumps({"config": config.as_tables(), "forecast": told, "machine": asdict(machine)}))
        return
    validation = len(data.validation) if data.validation else 0
    said = lines(shape, config, len(data.train), validation, found, machine)
    print(*([f"{config.name}:"] if member.about else []), *said, sep="\n")


def _report(arguments: argparse.Namespace, run: RunFolder, state: "State") -> None:
    if not _is_first():
        return
    if arguments.json:
        print(json.dumps({"run": str(run.path), **asdict(state)}))
        return
    best = (
        "" if state.best_loss is None else f", best validation loss {state.best_loss:.4f} at step {state.best_step:,}"
    )
    print(f"{state.status.capitalize()} at step {state.step:,} of {state.steps:,}{best}. {run.path}")
    if _was_asked_to_end(state):
        print(f"Go on with: python3 main.py train {run.path}", file=sys.stderr)


def _runs(arguments: argparse.Namespace) -> None:
    if arguments.enqueue:
        enqueue(RunFolder.open(arguments.enqueue))
        return
    if arguments.stop or arguments.pause:
        run = RunFolder.open(arguments.stop or arguments.pause)
        if not run.is_alive:
            raise UsageError(f"{run.path}: no worker has this run; there is nothing to stop.")
        run.ask_to_stop("paused" if arguments.pause else "stopped")
        return
    rows = [_row(run) for run in runs_in(arguments.runs or runs_dir())]
    if arguments.json:
        print(json.dumps({"runs": rows}))
        return
    for row in rows:
        best = "-" if row["best_loss"] is None else f"{row['best_loss']:.4f}"
        print(f"{row['status']:9} {row['step']:>8,} of {row['steps']:>8,}  best {best:>8}  {row['run']}")
    if not rows:
        print(f"No runs in {arguments.runs or runs_dir()}.", file=sys.stderr)


def _row(run: RunFolder) -> dict[str, Any]:
    """What is listed of a run; one whose state is damaged is listed as that, unless it waits, and gets another."""
    try:
        state = run.state()
    except RunError as error:
        found = asdict(State("failed", message=str(error)))
        return {"run": str(run.path), **found, "status": "waiting" if waits(run) else "damaged"}
    return {"run": str(run.path), **asdict(state), "status": _standing(run, state)}


def _standing(run: RunFolder, state: State) -> str:
    """The state, as far as it is still true."""
    if run.is_alive:
        return state.status
    if waits(run):
        return "waiting"
    return "lost" if state.status == "running" else state.status


def need_torch() -> None:
    """Raises `LmError` where torch is missing."""
    spin_briefly()
    with needed_for("Training"):
        import safetensors  # noqa: F401 - whether it is there
        import torch  # noqa: F401
