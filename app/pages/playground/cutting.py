"""How does a column keep its text cut? At once where that takes milliseconds, in a job where it takes longer."""

from time import perf_counter
from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.jobs import Job, Jobs

if TYPE_CHECKING:
    import numpy.typing as npt

    from app.pages.playground.work import Subject
    from lmcore.bpe.edits import Edit
    from lmcore.bpe.live_text import Cut, LiveText

    Bytes = npt.NDArray[np.uint8]

AT_ONCE: Final = 200_000
"""Bytes that are encoded on the GUI's thread, in some 10 ms."""


class Cutting(QObject):
    """One text and one tokenizer; `cut` is None until there is one of the present text."""

    changed = Signal()
    """The text is cut otherwise; `seconds` is how long that took."""
    failed = Signal(object)

    def __init__(self, jobs: Jobs) -> None:
        super().__init__()
        self._jobs = jobs
        self._data: Bytes = np.empty(0, np.uint8)
        self._job: Job | None = None
        self._again = False
        self.live: LiveText | None = None
        self.cut: Cut | None = None
        self.seconds = 0.0

    @property
    def working(self) -> bool:
        """Whether a job encodes."""
        return self._job is not None

    @property
    def data(self) -> "Bytes":
        """The text."""
        return self._data

    def set_tokenizer(self, subject: "Subject", specials: bool) -> None:
        """Cut with another tokenizer."""
        from lmcore.bpe.live_text import LiveText

        self.live = LiveText(subject.info.tokenizer, subject.vocab.lengths, specials=specials)
        self._encode()

    def set_merges(self, merges: int) -> None:
        """Cut with the first so many merges."""
        if self.live is not None:
            self.live.limit(merges)
            self._encode()

    def set_specials(self, specials: bool) -> None:
        """Split special tokens off, or cut them like ordinary text."""
        if self.live is not None:
            self.live.split_specials(specials)
            self._encode()

    def set_text(self, data: "Bytes") -> None:
        """Cut another text."""
        self._data = data
        self._encode()

    def follow(self, edit: "Edit", data: "Bytes") -> None:
        """Cut what an edit may have changed; `data` is the text after it."""
        self._data = data
        if self.live is None:
            return
        began = perf_counter()
        start, stop = self.live.unsettled(edit, data)
        if self._job is not None or self.cut is None or stop - start > AT_ONCE:
            self._encode()
            return
        self._take(self.live.edit(edit, data, (start, stop)), perf_counter() - began)

    def stop(self) -> None:
        """Forget the job, if there is one."""
        self._again = False
        if self._job is not None:
            self._job.cancel()

    def _encode(self) -> None:
        """Cut the whole text; while a job does, it is done again once that has ended."""
        if self.live is None:
            return
        if self._job is not None:
            self._again = True
        elif len(self._data) <= AT_ONCE:
            began = perf_counter()
            cut = self.live.encode(self._data)
            self._take(cut, perf_counter() - began)
        else:
            self._start(self.live)

    def _start(self, live: "LiveText") -> None:
        data, began, self._again = self._data, perf_counter(), False
        self._job = Job(lambda: live.encode_slowly(data))
        self._job.finished.connect(lambda cut: self._encoded(live, cut, perf_counter() - began))
        self._job.failed.connect(self._failed)
        self._job.cancelled.connect(self._ended)
        self._jobs.start(self._job)

    def _encoded(self, live: "LiveText", cut: "Cut", seconds: float) -> None:
        self._ended()
        if self._again or live is not self.live:
            self._encode()
        else:
            live.keep(cut)
            self._take(cut, seconds)

    def _failed(self, error: BaseException) -> None:
        self._ended()
        self.failed.emit(error)

    def _ended(self) -> None:
        self._job = None

    def _take(self, cut: "Cut", seconds: float) -> None:
        self.cut, self.seconds = cut, seconds
        self.changed.emit()
