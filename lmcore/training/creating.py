"""How does a run begin? Its data are found or encoded, its sizes settled, its folder written; no torch is needed.

`Planned` is what is known before anything starts: a dry run shows it, `creating` writes it down. `plan` and `creating`
read token files of any size, and tell so often how far they are that a window can do it beside all else.
"""

import shutil
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

from lmcore.accounting.shape import Shape
from lmcore.bpe.events import Notice, Progress
from lmcore.bpe.process import resident_memory
from lmcore.bpe.token_file import TokenFile, tokenizer_digest
from lmcore.errors import CorpusError, UsageError
from lmcore.generators import result_of
from lmcore.training.config import TrainConfig
from lmcore.training.data import TokenData, opening_data, split
from lmcore.training.encoded import Corpus, encoded, encoded_again, hashing, same
from lmcore.training.run_folder import RunError, RunFolder
from lmcore.training.sweeps import Member, members

if TYPE_CHECKING:
    from lmcore.bpe.tokenizer import Tokenizer

Result = TypeVar("Result")


@dataclass(frozen=True)
class Data:
    """The token files of a run, checked, and the tokenizer that made them where it is known."""

    train: TokenData
    validation: TokenData | None
    file: TokenFile
    validation_file: TokenFile | None
    tokenizer: "Tokenizer | None"

    @property
    def separator(self) -> int | None:
        """The id between documents."""
        return self.file.separator


@dataclass(frozen=True)
class Planned:
    """A training that can start: its config, the shape of its model, its data and its number of steps."""

    config: TrainConfig
    shape: Shape
    data: Data
    steps: int

    @property
    def tokens(self) -> int:
        """How many tokens the training sees."""
        return self.steps * self.config.training.batch_size * self.shape.context_length


def plan(config: TrainConfig) -> Generator[Progress | Notice, None, Planned]:
    """Encode what is not encoded yet, and check that all fits together. Raises `UsageError` where it does not."""
    tokenizer = _load(config.data.tokenizer) if config.data.tokenizer else None
    if config.data.train:
        file = TokenFile.open(Path(config.data.train))
    else:
        assert tokenizer is not None, "a corpus comes with a tokenizer"
        file = yield from encoded(Corpus.of(config.data, tokenizer))
    validation = TokenFile.open(Path(config.data.validation)) if config.data.validation else None
    return (yield from _planned(config, file, validation, tokenizer))


def planned(
    config: TrainConfig, file: TokenFile, validation: TokenFile | None, tokenizer: "Tokenizer | None"
) -> Planned:
    """The plan for these files. Raises `UsageError` where they, the tokenizer and the model do not fit together."""
    return result_of(_planned(config, file, validation, tokenizer))


def _planned(
    config: TrainConfig, file: TokenFile, validation: TokenFile | None, tokenizer: "Tokenizer | None"
) -> Generator[Progress, None, Planned]:
    known = tokenizer.vocab_size if tokenizer else file.vocab_size
    shape = config.model.shape(max(known, file.vocab_size))
    if config.data.document_masking and file.separator is None:
        raise CorpusError(
            f"{file.path}: has no separator between its documents, which data.document_masking goes by; encode the "
            "corpus with a special token, or leave it out."
        )
    data = yield from _opened(config, shape, file, validation, tokenizer)
    return Planned(config, shape, data, config.training.number_of_steps(shape.context_length))


def create(plan: Planned, parent: Path, parents: Mapping[str, Any] | None = None) -> RunFolder:
    """What `creating` gives, at once."""
    return result_of(creating(plan, parent, parents))


def creating(
    plan: Planned, parent: Path, parents: Mapping[str, Any] | None = None
) -> Generator[Progress, None, RunFolder]:
    """The folder of a planned run in `parent`; `parents` goes into its run.json: {"parent": name of the run that it was
    made from, "group": what a sweep says}. Nothing is written before all token files were read for their sha256.

    Raises `LmError` where it cannot be written.
    """
    tokenizer = plan.data.tokenizer
    file = plan.data.file
    validation = plan.data.validation_file
    checked = _Checked(file.path, *([validation.path] if validation else []))
    files = {"train": (yield from _about(file, checked))}
    if validation:
        files["validation"] = yield from _about(validation, checked)
    digest = plan.config.digest([*(about["sha256"] for about in files.values()), file.tokenizer_sha256])
    known = {"sha256": file.tokenizer_sha256, "vocab_size": file.vocab_size}
    about = {
        "data": files,
        "tokenizer": known,
        "vocab_size": plan.shape.vocab_size,
        "steps": plan.steps,
        "tokens": plan.tokens,
        **(parents or {}),
    }
    run = RunFolder.create(parent, plan.config, digest, about)
    if tokenizer:
        tokenizer.save(run.tokenizer)
    return run


def creating_all(
    tables: Mapping[str, Any], root: Path, parent: str = ""
) -> Generator[Progress | Notice, None, list[RunFolder]]:
    """The runs of nested tables, of which a table "sweep" makes several: all of them, or none where one cannot be or
    whoever asks stops to.

    `parent` is the name of the run whose settings were changed. Raises `LmError` for what cannot be.
    """
    planned, runs = list[tuple[Member, Planned]](), list[RunFolder]()
    for member in members(tables):
        one = yield from plan(member.config)
        planned.append((member, one))
    try:
        for member, one in planned:
            about = {**member.about, **({"parent": parent} if parent else {})}
            runs.append((yield from creating(one, root, about)))
    except BaseException:
        for run in runs:
            shutil.rmtree(run.path, ignore_errors=True)
        raise
    return runs


def tables_of(run: RunFolder) -> dict[str, Any]:
    """What was chosen for a run, as `TrainConfig.as_tables` with its name, to make another of it.

    All paths are absolute; the run's own copy stands for a tokenizer that is gone, or is another one by now. Raises
    `RunError` or `ConfigError`.
    """
    config = run.config()
    data = {name: config.as_tables()["data"][name] for name in ("train", "validation", "tokenizer")}
    found = {name: str(Path(path).absolute()) if path else "" for name, path in data.items()}
    if found["tokenizer"] and run.tokenizer.is_dir() and not _is_of(run, Path(found["tokenizer"])):
        found["tokenizer"] = str(run.tokenizer.absolute())
    corpus = [str(Path(path).absolute()) for path in config.data.corpus]
    tables = config.as_tables()
    return {"name": config.name, **tables, "data": {**tables["data"], **found, "corpus": corpus}}


def _load(place: str | Path) -> "Tokenizer":
    """The tokenizer at a place, with which numba comes: a worker on a token file alone begins without that."""
    from lmcore.bpe.tokenizer import Tokenizer

    return Tokenizer.load(place)


def _is_of(run: RunFolder, place: Path) -> bool:
    """Whether the tokenizer that a run began with is at a place."""
    try:
        return bool(tokenizer_digest(_load(place)) == run.about()["tokenizer"]["sha256"])
    except UsageError:
        return False


def reopen(run: RunFolder) -> Generator[Progress | Notice, None, Planned]:
    """The plan of a run that is there, on the files that it began with; a corpus that was encoded for it is encoded
    again where that file is gone, or another one is in its place. Raises `UsageError` where its data or its config are
    no longer the same.
    """
    config = run.config()
    run.check_unchanged()
    files = run.about()["data"]
    tokenizer = _tokenizer(run, config)
    if config.data.corpus and tokenizer:
        file = yield from encoded_again(Corpus.of(config.data, tokenizer), files["train"])
    else:
        file = same(files["train"])
    validation = same(files["validation"]) if "validation" in files else None
    return planned(config, file, validation, tokenizer)


def _tokenizer(run: RunFolder, config: TrainConfig) -> "Tokenizer | None":
    """The tokenizer of a run, from where it came where the run's own copy is gone, which is then made again.

    Raises `UsageError` where that is no longer the same.
    """
    if not run.tokenizer.is_dir() and not config.data.tokenizer:
        return None
    place = run.tokenizer if run.tokenizer.is_dir() else Path(config.data.tokenizer)
    tokenizer = _load(place)
    if tokenizer_digest(tokenizer) != run.about()["tokenizer"]["sha256"]:
        gone = "" if place == run.tokenizer else f"{run.tokenizer}: is gone, and "
        raise RunError(f"{gone}{place} is another tokenizer now; put back the one that the run began with.")
    if place != run.tokenizer:
        tokenizer.save(run.tokenizer)
    return tokenizer


def _opened(
    config: TrainConfig, shape: Shape, file: TokenFile, validation: TokenFile | None, tokenizer: "Tokenizer | None"
) -> Generator[Progress, None, Data]:
    digest = tokenizer_digest(tokenizer) if tokenizer else None
    fitting: Mapping[str, Any] = {"vocab_size": shape.vocab_size, "context_length": shape.context_length}
    checked = _Checked(file.path, *([validation.path] if validation else []))
    train = yield from checked.watch(opening_data(file.path, tokenizer_sha256=digest, **fitting))
    if validation:
        opening = opening_data(validation.path, tokenizer_sha256=file.tokenizer_sha256, **fitting)
        return Data(train, (yield from checked.watch(opening)), file, validation, tokenizer)
    if not config.data.validation_fraction:
        return Data(train, None, file, None, tokenizer)
    train, unseen = split(train, config.data.validation_fraction)
    return Data(train, unseen, file, None, tokenizer)


class _Checked:
    """How much of these files was read, as events."""

    def __init__(self, *paths: Path) -> None:
        self._total = sum(path.stat().st_size for path in paths if path.exists())
        self._done, self._began = 0, perf_counter()

    def watch(self, work: Generator[int, None, Result]) -> Generator[Progress, None, Result]:
        """Follow what yields bytes; gives back its result."""
        while True:
            try:
                self._done += next(work)
            except StopIteration as end:
                result: Result = end.value
                return result
            yield self._progress()

    def _progress(self) -> Progress:
        seconds = perf_counter() - self._began
        done = min(self._done, self._total)
        rate = done / seconds if seconds else 0.0
        return Progress("check", done, self._total, rate, seconds, resident_memory(), done == self._total)


def _about(file: TokenFile, checked: _Checked) -> Generator[Progress, None, dict[str, Any]]:
    return {
        "path": str(file.path),
        "sha256": (yield from checked.watch(hashing(file.path))),
        "tokens": file.tokens,
        "bytes": file.bytes,
        "separator": file.separator,
        **({"corpus_bytes": file.corpus_bytes} if file.corpus_bytes else {}),
    }
