"""What is a run? A folder that holds all of it, and can be read while a worker writes it.

    <utc>-<slug>-<8 hex>/
      config.json     what was chosen, never changed, and a sha256 of what decides the result
      run.json        what it ran on: data and tokenizer by sha256, versions, device, the run that it continues
      state.json      how far it is, replaced every second or so
      run.lock        held by the worker for its life; .reserve are bytes that it gives up to say that the disk is full
      metrics.jsonl   rows, only appended
      samples/        texts, one file an evaluation     ckpt/     checkpoints
      tokenizer/      the tokenizer, where one is known export/   what others read
      control/        `stop` asks the worker to end, `start` stands in the queue (see queueing)
      worker.log      what it said                      notes.json  what people say of it

No torch in here: the window reads runs with it.
"""

import json
import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, Self

from lmcore import paths
from lmcore.atomic import writing_aside
from lmcore.errors import LmError, UsageError
from lmcore.training import locks, metrics
from lmcore.training.config import TrainConfig, config_of, digest_of
from lmcore.training.plain_files import content_of, why

FORMAT: Final = "lm-explorer-run"
Status = Literal["queued", "running", "stopped", "finished", "failed", "paused"]
Reason = Literal["", "diverged", "memory", "disk", "error"]
Kept = Literal["stopped", "paused"]
"""How a run ends that was asked to: both are kept and go on in the same way; "paused" says that someone means to."""
ENDED: Final = ("stopped", "finished", "failed", "paused")


class RunError(UsageError):
    """A folder that is no run, or one whose files cannot be used."""


@dataclass(frozen=True)
class State:
    """How far a run is. `heartbeat` is in seconds since 1970 by this machine's clock; `message` says, where it is
    not simply running or finished, why and what to do. `best` is the least validation loss and its step.
    `wall` are the seconds since the first step that a worker spent on it, over all attempts: evaluations, texts and
    checkpoints as well.
    """

    status: Status
    step: int = 0
    steps: int = 0
    attempt: int = 0
    heartbeat: float = 0.0
    message: str = ""
    reason: Reason = ""
    best_step: int | None = None
    best_loss: float | None = None
    pid: int = 0
    wall: float = 0.0

    def hindered(self, message: str, reason: Reason = "error") -> "State":
        """The state of a run that stood so, behind a worker that could not go on with it, for which `message` says why.

        Nothing of the run has changed by that: it stays what it was, and one whose worker was lost is stopped. Only
        one that has not begun yet has failed.
        """
        if self.status == "finished":
            return self
        if not self.step and self.status in ("queued", "running", "failed"):
            return replace(self, status="failed", message=message, reason=reason)
        status: Status = "stopped" if self.status == "running" else self.status
        return replace(self, status=status, message=message)


@dataclass(frozen=True)
class Annotations:
    """What people say of a run; nothing goes by it."""

    tags: tuple[str, ...] = ()
    note: str = ""

    def merged(self, before: "Annotations", typed: "Annotations") -> "Annotations":
        """These with what somebody changed who was shown those of `before`: nothing that others said meanwhile is lost,
        of two notes both stay.
        """
        tags = typed.tags
        if self.tags != before.tags:
            kept = [tag for tag in self.tags if tag in typed.tags or tag not in before.tags]
            tags = tuple(dict.fromkeys((*kept, *(tag for tag in typed.tags if tag not in before.tags))))
        if self.note in (before.note, typed.note):
            return Annotations(tags, typed.note)
        return Annotations(tags, self.note if typed.note == before.note else f"{self.note}\n\n{typed.note}".strip())


@dataclass(frozen=True)
class RunFolder:
    """The files of one run. Nothing is kept in memory: what is asked is read."""

    path: Path

    @classmethod
    def create(cls, parent: Path, config: TrainConfig, digest: str, about: Mapping[str, Any]) -> Self:
        """A new run with this config; `about` is what run.json says. Raises `LmError` where it cannot be written."""
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{slug(config.name)}-{secrets.token_hex(4)}"
        run = cls(parent / name)
        try:
            for folder in (run.path, run.samples, run.checkpoints, run.control, run.exports):
                folder.mkdir(parents=True)
            run._write("run.json", {"created": time.time(), "parent": None, **about})
            run._write("config.json", {"format": FORMAT, "version": 1, "sha256": digest, "config": config.as_tables()})
            run.write_state(State("queued", steps=int(about.get("steps", 0))))
        except OSError as error:
            raise LmError(
                f"{run.path}: cannot be written ({error.strerror or error}); choose another folder."
            ) from error
        return run

    @classmethod
    def open(cls, path: Path) -> Self:
        """The run in a folder. Raises `RunError` where it is none."""
        run = cls(path)
        if not run.is_run:
            raise RunError(f"{path}: is no run of a training; it holds no config.json of one.")
        return run

    @property
    def is_run(self) -> bool:
        """Whether the folder holds a run's config."""
        try:
            return bool(self._config()["format"] == FORMAT)
        except (RunError, KeyError):
            return False

    @property
    def name(self) -> str:
        """The folder's name, which no two runs share."""
        return self.path.name

    @property
    def samples(self) -> Path:
        """Texts that the model wrote."""
        return self.path / "samples"

    @property
    def checkpoints(self) -> Path:
        """What it can go on from."""
        return self.path / "ckpt"

    @property
    def exports(self) -> Path:
        """What was made of it for others."""
        return self.path / "export"

    @property
    def control(self) -> Path:
        """What others ask of the worker."""
        return self.path / "control"

    @property
    def tokenizer(self) -> Path:
        """The tokenizer, where one is known."""
        return self.path / "tokenizer"

    @property
    def lock(self) -> Path:
        """Held by the worker."""
        return self.path / "run.lock"

    @property
    def log(self) -> Path:
        """What the worker said."""
        return self.path / "worker.log"

    @property
    def reserve(self) -> Path:
        """Bytes that a worker gives up so that a full disk can be told."""
        return self.path / ".reserve"

    @property
    def metrics(self) -> Path:
        """The rows."""
        return self.path / metrics.NAME

    @property
    def stop_file(self) -> Path:
        """Its being there asks the worker to end."""
        return self.control / "stop"

    def config(self) -> TrainConfig:
        """What was chosen. Raises `RunError` or `ConfigError` where that cannot be read."""
        return config_of(self._tables())

    def digest(self) -> str:
        """The sha256 of what decides the result."""
        return str(self._config().get("sha256", ""))

    def check_unchanged(self) -> None:
        """Raises `RunError` where config.json no longer says what the run was made with, by its sha256."""
        about = self.about()
        try:
            data = [*(file["sha256"] for file in about["data"].values()), about["tokenizer"]["sha256"]]
        except (KeyError, TypeError, AttributeError) as error:
            raise RunError(f"{self.path / 'run.json'}: does not say what the data are; the run needs it.") from error
        if digest_of(self._tables(), data) != self.digest():
            raise RunError(
                f"{self.path / 'config.json'}: was changed since the run was made, which would make it another run; "
                "put back what it said, or make a new run with these settings."
            )

    def about(self) -> dict[str, Any]:
        """What the run ran on. Raises `RunError`."""
        return self._read("run.json")

    @property
    def vocab_size(self) -> int:
        """Ids of the model: those of the config, or of the data and the tokenizer."""
        return int(self.about()["vocab_size"])

    @property
    def separator(self) -> int | None:
        """The id between documents, which begins and ends a text; None where the data have none."""
        found: int | None = self.about()["data"]["train"]["separator"]
        return found

    def write_about(self, about: Mapping[str, Any]) -> None:
        """Replace what the run ran on."""
        self._write("run.json", about)

    def state(self) -> State:
        """How far it is, as last written; `is_alive` says whether that still changes. Raises `RunError`."""
        found = self._read("state.json")
        try:
            state = State(**{name: found[name] for name in State.__dataclass_fields__ if name in found})
        except TypeError as error:
            raise RunError(f"{self.path / 'state.json'}: does not say what the run's state is ({error}).") from error
        if not all(isinstance(found.get(name, 0), int) for name in ("step", "steps")):
            raise RunError(f"{self.path / 'state.json'}: does not say what the run's state is.")
        return state

    def write_state(self, state: State) -> State:
        """Replace the state at once, without waiting for the disk: a crash may lose a heartbeat, never the file.

        Gives back what was written, with the time and this process.
        """
        place = self.path / "state.json"
        aside = self.path / f".state.{os.getpid()}.json"
        written = replace(state, heartbeat=time.time(), pid=os.getpid())
        try:
            aside.write_text(json.dumps(asdict(written), indent=1), encoding="utf-8")
            aside.replace(place)
        except OSError:
            aside.unlink(missing_ok=True)
            raise
        return written

    @property
    def is_alive(self) -> bool:
        """Whether a worker holds the run."""
        return locks.is_held(self.lock)

    def ask_to_stop(self, keep: Kept = "stopped") -> None:
        """Ask the worker to finish its step, keep the run and end; the state then says `keep`."""
        self.control.mkdir(exist_ok=True)
        aside = self.control / f".stop.{os.getpid()}"
        aside.write_text(keep, encoding="utf-8")
        aside.replace(self.stop_file)  # whole at once: a worker looks at any moment

    def asked(self) -> Kept | None:
        """How the worker was asked to end, None where it was not; a file that says nothing asks to stop."""
        try:
            said = content_of(self.stop_file)
        except FileNotFoundError:
            return None
        except OSError:
            return "stopped"
        return "paused" if said.strip() == b"paused" else "stopped"

    def annotate(self, tags: Iterable[str], note: str) -> None:
        """Replace the tags, each once and without blanks around it, and the note. Raises `RunError` where the run is
        gone, since a folder with nothing but them would be none.
        """
        if not (self.path / "config.json").exists():
            raise RunError(f"“{self.name}” is gone; its tags and note were not kept.")
        once = dict.fromkeys(tag.strip() for tag in tags)
        self._write("notes.json", {"tags": [tag for tag in once if tag], "note": note})

    def annotations(self) -> Annotations:
        """What was said of the run; nothing where nobody did. Raises `RunError` where the file is damaged."""
        if not (self.path / "notes.json").exists():
            return Annotations()
        found = self._read("notes.json")
        tags, note = found.get("tags", []), found.get("note", "")
        if not isinstance(tags, list) or not all(isinstance(one, str) for one in (*tags, note)):
            raise RunError(f"{self.path / 'notes.json'}: does not hold tags and a note; mend it, or write them anew.")
        return Annotations(tuple(tags), note)

    def _config(self) -> dict[str, Any]:
        return self._read("config.json")

    def _tables(self) -> dict[str, Any]:
        tables = self._config().get("config")
        if not isinstance(tables, dict):
            raise RunError(f"{self.path / 'config.json'}: holds no config; the run needs it.")
        return tables

    def _read(self, name: str) -> dict[str, Any]:
        place = self.path / name
        try:
            found = json.loads(content_of(place))
        except FileNotFoundError as error:
            raise RunError(f"{place}: is not there; the run was removed, or is none.") from error
        except OSError as error:
            raise RunError(f"{place}: cannot be read ({why(error)}); the run needs it.") from error
        except ValueError as error:
            raise RunError(f"{place}: cannot be read ({error}); the run needs it.") from error
        if not isinstance(found, dict):
            raise RunError(f"{place}: does not hold what it should; the run needs it.")
        return found

    def _write(self, name: str, content: Mapping[str, Any]) -> None:
        with writing_aside(self.path / name) as file:
            json.dump(content, file, ensure_ascii=False, indent=1)
            file.write("\n")


def runs_dir() -> Path:
    """Where runs are kept unless told otherwise."""
    return paths.data_dir() / "runs"


def runs_in(folder: Path) -> Iterator[RunFolder]:
    """The runs of a folder, oldest first; what is no run is passed over."""
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            run = RunFolder(path)
            if run.is_run:
                yield run


def slug(name: str) -> str:
    """A name that every file system takes: slug("First Run: 3e-4!") -> "first-run-3e-4", slug("") -> "run"."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].rstrip("-") or "run"
