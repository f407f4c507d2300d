"""What do pages share? The current tokenizer, shape and run, what is going on, the settings and the jobs.

A session is made by the application and passed to each page. Pages speak to one another only through its signals.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.jobs import Jobs
from app.settings import Settings

if TYPE_CHECKING:
    from lmcore.bpe import Tokenizer


@dataclass(frozen=True)
class TokenizerInfo:
    """A tokenizer and what to call it. `vocab_size` counts special tokens; `path` is None until it is saved."""

    name: str
    vocab_size: int
    tokenizer: "Tokenizer"
    path: Path | None = None


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
    shape_changed = Signal(str)
    run_changed = Signal(str)
    status = Signal(str)
    busy = Signal(str, bool)
    """The key of a page, and whether it works."""
    activity_changed = Signal(object)
    """An Activity, or None when nothing runs."""

    def __init__(self, settings: Settings, jobs: Jobs) -> None:
        super().__init__()
        self.settings = settings
        self.jobs = jobs
        self.tokenizer: TokenizerInfo | None = None
        self.shape = ""
        self.run = ""
        self._busy: set[str] = set()

    def set_tokenizer(self, info: TokenizerInfo | None) -> None:
        """Make `info` the tokenizer that every page works with."""
        self.tokenizer = info
        if info is not None and info.path is not None:
            self.settings.add_recent("tokenizers", [info.path])
        self.tokenizer_changed.emit(info)

    def set_shape(self, summary: str) -> None:
        """The current shape in a few words; nothing if there is none."""
        self.shape = summary
        self.shape_changed.emit(summary)

    def set_run(self, summary: str) -> None:
        """The current run in a few words; nothing if there is none."""
        self.run = summary
        self.run_changed.emit(summary)

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
