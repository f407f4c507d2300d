"""What do pages share? The current tokenizer, shape and run, what is going on, the settings and the jobs.

A session is made by the application and passed to each page. Pages speak to one another only through its signals.
"""

from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, Signal

from app.jobs import Job, Jobs
from app.settings import Settings
from lmcore.bpe.naming import name_of_path, told_apart
from lmcore.paths import resource

if TYPE_CHECKING:
    from lmcore.accounting import Shape
    from lmcore.bpe import Tokenizer
    from lmcore.bpe.events import Merge


KNOWN: Final = 8
"""Tokenizers that a session keeps at hand."""
BUNDLED: Final = "sample/tokenizer"
BUNDLED_NAME: Final = "moby-dick-and-speeches"
TRAIN_SAMPLE: Final = "train the sample"
"""What is handed over to the Training page for it to train on the sample."""
_OF_FOLDERS: Final = ("tokenizer.json", "vocab.json", "merges.txt")


@dataclass(frozen=True)
class TokenizerInfo:
    """A tokenizer and what to call it. `vocab_size` counts special tokens; `path` is None until it is saved.

    `merges` are those of a training in this window, with their counts.
    """

    name: str
    vocab_size: int
    tokenizer: "Tokenizer"
    path: Path | None = None
    merges: tuple["Merge", ...] = ()


@dataclass(frozen=True)
class Activity:
    """What the status bar says about the job of a page; `fraction` is 0 to 1, or None where it is not known."""

    page: str
    title: str
    words: str
    fraction: float | None = None


class Session(QObject):
    """The state that outlives a page, and the signals that tell of its changes."""

    tokenizer_changed = Signal(object)
    """A TokenizerInfo, or None."""
    tokenizer_opened = Signal(object)
    """A TokenizerInfo that was read from the disk; it is the current one by then."""
    tokenizer_not_opened = Signal(object)
    """The exception that says why."""
    shape_changed = Signal(str)
    run_changed = Signal(str)
    status = Signal(str)
    busy = Signal(str, bool)
    """The key of a page, and whether it works."""
    handed_over = Signal(str)
    """The key of a page that is to be shown, since another one has something for it; an unknown one is passed over."""
    activity_changed = Signal(object)
    """An Activity, or None when nothing runs."""

    def __init__(self, settings: Settings, jobs: Jobs) -> None:
        super().__init__()
        self.settings = settings
        self.jobs = jobs
        self.tokenizer: TokenizerInfo | None = None
        self.tokenizers: tuple[TokenizerInfo, ...] = ()
        """Those that were trained or opened, the last first, at most `KNOWN`."""
        self.shape = ""
        self.model_shape: Shape | None = None
        """The shape that `shape` is a summary of."""
        self.run = ""
        self._to_read: deque[tuple[Path, str | None]] = deque()
        self._busy: set[str] = set()
        self._handed: dict[str, object] = {}

    def set_tokenizer(self, info: TokenizerInfo | None) -> None:
        """Make `info` the tokenizer that every page works with; its name is told apart from those of others."""
        if info is not None:
            others = [other for other in self.tokenizers if not _same(other, info)]
            info = _told_apart(info, others)
            self.tokenizers = (info, *others)[:KNOWN]
        self.tokenizer = info
        if info is not None and info.path is not None and info.path != _bundled():
            self.settings.add_recent("tokenizers", [info.path])
        self.tokenizer_changed.emit(info)

    def open_tokenizer(self, path: Path, pattern: str | None = None) -> None:
        """Read the tokenizer in a file or folder and make it the current one; on a thread, since a disk may be slow.

        One after the other: the one asked for last is the current one in the end. `pattern` stands in for what the
        file says of the cut.
        """
        self._to_read.append((path, pattern))
        if len(self._to_read) == 1:
            self._read_next()

    def open_bundled_tokenizer(self) -> None:
        """The same with the one that comes with the application, trained on its sample, unless there is another."""
        if self.tokenizer is None and not self._to_read:
            self.open_tokenizer(_bundled())

    def _read_next(self) -> None:
        path, pattern = self._to_read[0]
        job = Job(partial(_read, path, pattern))
        job.finished.connect(partial(self._opened, path))
        job.failed.connect(self._not_opened)
        self.jobs.start(job)

    def _opened(self, path: Path, tokenizer: "Tokenizer") -> None:
        info = self._info_of(path, tokenizer)
        self._done_reading()
        self.set_tokenizer(info)
        self.tokenizer_opened.emit(info)

    def _not_opened(self, error: BaseException) -> None:
        self._done_reading()
        self.tokenizer_not_opened.emit(error)

    def _done_reading(self) -> None:
        self._to_read.popleft()
        if self._to_read:
            self._read_next()

    def remember(self, path: Path, tokenizer: "Tokenizer") -> TokenizerInfo:
        """Keep a tokenizer that was read at hand, behind the current one, which stays; gives it as it is kept."""
        info = self._info_of(path, tokenizer)
        known = [other for other in self.tokenizers if not _same(other, info)]
        self.tokenizers = (*known[:1], info, *known[1:])[:KNOWN]
        return info

    def _info_of(self, path: Path, tokenizer: "Tokenizer") -> TokenizerInfo:
        taken = {other.name for other in self.tokenizers if _place(other.path) != _place(path)}
        name = BUNDLED_NAME if path == _bundled() else name_of_path(path.absolute(), taken)
        return TokenizerInfo(name, tokenizer.vocab_size, tokenizer, path)

    def set_shape(self, summary: str, shape: "Shape | None" = None) -> None:
        """The current shape in a few words, and itself; nothing if there is none."""
        if (summary, shape) != (self.shape, self.model_shape):
            self.shape, self.model_shape = summary, shape
            self.shape_changed.emit(summary)

    def set_run(self, summary: str) -> None:
        """The current run in a few words; nothing if there is none."""
        self.run = summary
        self.run_changed.emit(summary)

    def hand_over(self, page: str, thing: object = None) -> None:
        """Show the page with this key, with something to go on with, such as a shape to train."""
        self._handed[page] = thing
        self.handed_over.emit(page)

    def take_handed(self, page: str) -> object | None:
        """What was handed over to the page with this key and not taken yet."""
        return self._handed.pop(page, None)

    def say(self, text: str) -> None:
        """Show `text` at the left of the status bar until the next message."""
        self.status.emit(text)

    def set_busy(self, page: str, working: bool) -> None:
        """Tell that the page with this key has begun or ended its work; said twice, it is heard once."""
        if working == (page in self._busy):
            return
        if working:
            self._busy.add(page)
        else:
            self._busy.remove(page)
        self.busy.emit(page, working)

    def is_busy(self, page: str) -> bool:
        """Whether the page with this key works."""
        return page in self._busy

    def show_activity(self, activity: Activity | None) -> None:
        """What the status bar says of the running job; None when it has ended."""
        self.activity_changed.emit(activity)


def _read(path: Path, pattern: str | None) -> Generator[Any, None, "Tokenizer"]:
    """A job's work."""
    from lmcore.bpe.tokenizer import Tokenizer

    yield from ()
    return Tokenizer.load(path, pattern)


def _bundled() -> Path:
    return resource(BUNDLED)


def _told_apart(info: TokenizerInfo, others: Sequence[TokenizerInfo]) -> TokenizerInfo:
    """The same with a name that no other one has."""
    name = told_apart(info.name, info.path and info.path.absolute(), {other.name for other in others})
    return info if name == info.name else replace(info, name=name)


def _same(one: TokenizerInfo, other: TokenizerInfo) -> bool:
    """Whether the second takes the place of the first: from the same place, or the same tokenizer once it is saved."""
    return one.tokenizer is other.tokenizer or (one.path is not None and _place(one.path) == _place(other.path))


def _place(path: Path | None) -> Path | None:
    """The folder where a path names the file in it that the folder stands for."""
    return path.parent if path is not None and path.name in _OF_FOLDERS else path
