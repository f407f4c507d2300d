"""What does the page have read on a thread? Which runs there are, with their checkpoints; no torch in here."""

from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.tables.run_names import made_at
from lmcore.bpe.naming import name_of_path
from lmcore.errors import LmError

if TYPE_CHECKING:
    from lmcore.training.run_folder import RunFolder

UNNAMED: Final = "run"
DIGITS: Final = 15
"""Hexadecimal digits of a digest that tell models apart."""
Version = tuple[tuple[str, int, int], ...]
"""The names, times of change (ns) and sizes of a model's files; nothing where there are none. Of a checkpoint, whose
manifest has digests, its weights with 60 bits of theirs in place of the time, which moving and unpacking change.
"""


@dataclass(frozen=True)
class Model:
    """Something that can speak: a run with checkpoints, or one folder. `steps` has the checkpoints by step, `best` is
    the one with the least validation loss, or -1; `damaged` are the steps of those that are passed over, since their
    files are not there or cut off.
    """

    path: Path
    name: str
    steps: tuple[tuple[int, Path], ...] = ()
    best: int = -1
    damaged: tuple[int, ...] = ()

    @property
    def is_run(self) -> bool:
        """Whether it has checkpoints to choose from."""
        return bool(self.steps)

    @property
    def first(self) -> int:
        """The step that speaks unless another is asked for: the best, or else the newest; -1 of one folder."""
        steps = [step for step, _ in self.steps]
        return self.best if self.best in steps else steps[-1] if steps else -1

    def folder_at(self, step: int) -> Path:
        """The folder of the checkpoint at a step, or of the nearest one; the model's own where there is none."""
        if not self.steps:
            return self.path
        return min(self.steps, key=lambda one: abs(one[0] - step))[1]


def version_of(folder: Path) -> Version:
    """What a model is made of: something else where it was replaced by another one."""
    from lmcore.training.checkpoint_files import WEIGHTS, weights_listed

    listed = weights_listed(folder)
    if listed is not None:
        size, digest = listed
        return ((WEIGHTS, int(digest[:DIGITS], 16), size),)
    try:
        files = [(file.name, file.stat()) for file in folder.iterdir() if file.suffix in (".json", ".safetensors")]
    except OSError:  # it is gone, which is told when it is asked
        return ()
    return tuple(sorted((name, stat.st_mtime_ns, stat.st_size) for name, stat in files))


def list_models(others: Iterable[Path]) -> Generator[None, None, tuple[Model, ...]]:
    """A job's work: the user's runs that have checkpoints, the newest first, then those of `others` that are there."""
    from lmcore.training.run_folder import RunFolder, runs_dir, runs_in

    found: list[Model] = []
    for run in runs_in(runs_dir()):
        found.extend(_models_of(run))
        yield
    found.reverse()
    known = {model.path for model in found}
    for path in others:
        if path not in known and path.is_dir():
            run = RunFolder(path)
            found.extend(_models_of(run) if run.is_run else [Model(path, name_of_path(path.absolute()))])
        yield
    return tuple(_told_apart(found))


def first_to_speak() -> Generator[None, None, str]:
    """A job's work: the name of a run that is being trained and has no checkpoint yet; "" where there is none."""
    from lmcore.training.run_folder import runs_dir, runs_in

    for run in runs_in(runs_dir()):
        yield
        try:
            if run.is_alive and not any(_models_of(run)):
                return run.config().name or UNNAMED
        except (LmError, OSError):  # it is being removed
            continue
    return ""


def model_at(path: Path) -> Generator[None, None, tuple[Model, int | None]]:
    """A job's work: the model in a folder that the user named, and its step where that is a checkpoint of a run.

    Raises `LmError` where there can be none.
    """
    from lmcore.training.run_folder import RunFolder

    yield
    run = RunFolder(path)
    if run.is_run:
        models = list(_models_of(run))
        if not models:
            raise LmError(f"{path} has no checkpoint yet; let the run make one.")
        return models[0], None
    above = RunFolder(path.absolute().parent.parent)
    if above.is_run:
        for model in _models_of(above):
            for step, place in model.steps:
                if place == path.absolute():
                    return model, step
    if not (path / "config.json").is_file():
        raise LmError(f"{path} holds no model; choose a run, or a folder with config.json and model.safetensors.")
    return Model(path, name_of_path(path.absolute())), None


def _models_of(run: "RunFolder") -> Iterator[Model]:
    """A run as a model; nothing where it has no checkpoint or cannot be read, as while it is being removed."""
    from lmcore.training.checkpoint_files import checkpoints_in, has_its_files

    try:
        found = [(one, has_its_files(one)) for one in checkpoints_in(run.checkpoints)]
        steps = tuple((one.step, one.path) for one, whole in found if whole)
        name = run.config().name or UNNAMED
    except (LmError, OSError):
        return
    if steps:
        damaged = tuple(one.step for one, whole in found if not whole)
        yield Model(run.path, name, steps, _best_of(run), damaged)


def _best_of(run: "RunFolder") -> int:
    """The step with the least validation loss, -1 where that is not known."""
    try:
        best = run.state().best_step
    except (LmError, OSError):
        return -1
    return -1 if best is None else best


def _told_apart(models: list[Model]) -> Iterator[Model]:
    """Models of the same name have their time or their folder beside it."""
    names = Counter(model.name for model in models)
    for model in models:
        if names[model.name] == 1:
            yield model
        else:
            yield replace(model, name=f"{model.name}, {made_at(model.path)}")
