"""What is known of the current tokenizer? Read in the background, the quick part first, then what takes longer.

First its columns (half a second); then how often the corpus has each token, then which tokens no text reaches. Each
is told by a signal as it comes. Another tokenizer or corpus takes the place of what was on its way.
"""

from collections.abc import Callable, Generator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.jobs import Job
from app.pages.vocabulary import work
from app.session import Activity, Session, TokenizerInfo
from lmcore import figures
from lmcore.paths import resource

if TYPE_CHECKING:
    from lmcore.bpe.vocabulary.usage import Usage

KEY: Final = "vocabulary"
TITLE: Final = "Vocabulary"


def sample_corpus() -> tuple[Path, ...]:
    """The bundled text."""
    return tuple(sorted(resource("sample").glob("*.txt")))


class Knowledge(QObject):
    """The tokenizer that the page shows, and what has been found out about it so far."""

    read = Signal(object)
    """A Shown: the columns are there."""
    usage_found = Signal()
    reach_found = Signal()
    prefixes_found = Signal()
    failed = Signal(object)
    """The exception that says why one of the steps came to nothing."""
    settled = Signal()
    """All that was begun has ended."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._jobs: list[Job] = []
        self._waiting: list[Callable[[], None]] = []
        self.corpus = sample_corpus()
        self._former: tuple[tuple[Path, ...], Usage, Any] | None = None
        self.shown: work.Shown | None = None
        self.usage: Usage | None = None
        self.reach: Any = None
        self.prefixes: Any = None

    @property
    def busy(self) -> bool:
        """Whether something is being found out."""
        return bool(self._jobs or self._waiting)

    def show(self, info: TokenizerInfo) -> None:
        """Find out everything about another tokenizer."""
        self.stop()
        self.shown = self.usage = self.reach = self.prefixes = self._former = None
        self._run(partial(work.read, info), self._take_columns, "reading the vocabulary")

    def take_corpus(self, paths: Sequence[Path]) -> None:
        """Count in another corpus; none means the bundled sample."""
        if self.usage is not None:
            self._former = (self.corpus, self.usage, self.prefixes)
        self.corpus = tuple(paths) or sample_corpus()
        if self.shown is not None:
            self.stop()
            self.usage = self.prefixes = None
            self._waiting = [self._count, *([] if self.reach is not None else [self._find_reach])]
            self._next()

    def want_prefixes(self) -> None:
        """Measure smaller vocabularies as well, once the corpus is known. Asked for by the chart that shows it."""
        if self.prefixes is None and self._measure not in self._waiting and self.shown is not None:
            self._waiting.append(self._measure)
            self._next()

    def stop(self) -> None:
        """Find out nothing more; what was on its way is forgotten."""
        self._waiting.clear()
        jobs, self._jobs = self._jobs, []
        for job in jobs:
            job.cancel()

    def _take_columns(self, shown: work.Shown) -> None:
        self.shown = shown
        self._waiting = [self._count, self._find_reach]
        self.read.emit(shown)

    def _count(self) -> None:
        from lmcore.bpe.vocabulary.usage import count_usage

        assert self.shown is not None
        shown, paths = self.shown, self.corpus
        count = partial(count_usage, shown.info.tokenizer, shown.vocabulary, paths)
        self._run(count, self._take_usage, "counting tokens in the corpus", self._keep_former)

    def _keep_former(self) -> None:
        """A corpus could not be counted: the one before it stays, with its counts."""
        if self._former is not None:
            self.corpus, self.usage, self.prefixes = self._former
            self.usage_found.emit()

    def _take_usage(self, usage: "Usage") -> None:
        assert self.shown is not None
        self.usage = usage
        self.shown.ordering.used = usage.counts
        self.shown.views.set_used(usage.counts)
        self.usage_found.emit()

    def _find_reach(self) -> None:
        from lmcore.bpe.vocabulary.reach import find_reach

        assert self.shown is not None
        find = partial(find_reach, self.shown.info.tokenizer, self.shown.vocabulary)
        self._run(find, self._take_reach, "looking for tokens that no text reaches")

    def _take_reach(self, reach: Any) -> None:
        assert self.shown is not None
        self.reach = reach
        self.shown.views.set_unreachable(np.asarray(reach) != 0)
        self.reach_found.emit()

    def _measure(self) -> None:
        assert self.shown is not None
        if self.usage is not None:
            step = partial(work.measure, self.shown.info, self.usage.kept)
            self._run(step, self._take_prefixes, "measuring smaller vocabularies")
        else:
            self._next()

    def _take_prefixes(self, prefixes: Any) -> None:
        self.prefixes = prefixes
        self.prefixes_found.emit()

    def _run(
        self,
        begin: Callable[[], Generator[Any, None, Any]],
        take: Callable[[Any], None],
        title: str,
        mend: Callable[[], None] = lambda: None,
    ) -> None:
        """Start a step; what it gives is taken, then the next one begins. `mend` is done where it fails."""
        job = Job(begin)
        job.events.connect(lambda events: self._tell(job, title, events[-1]))
        job.finished.connect(lambda result: self._finish(job, take, result))
        job.failed.connect(lambda error: self._fail(job, error, mend))
        self._jobs.append(job)
        self._session.set_busy(KEY, True)
        self._session.jobs.start(job)

    def _tell(self, job: Job, title: str, event: Any) -> None:
        if job in self._jobs:
            fraction, words = _progress(event)
            self._session.show_activity(Activity(KEY, TITLE, f"{title}{words}", fraction))

    def _finish(self, job: Job, take: Callable[[Any], None], result: Any) -> None:
        if job in self._jobs:
            self._jobs.remove(job)
            take(result)
            self._next()

    def _fail(self, job: Job, error: BaseException, mend: Callable[[], None]) -> None:
        if job in self._jobs:
            self._jobs.remove(job)
            mend()
            self.failed.emit(error)
            self._next()

    def _next(self) -> None:
        """Begin the next step, or come to rest."""
        if self._jobs:
            return
        if self._waiting:
            self._waiting.pop(0)()
            return
        self._session.set_busy(KEY, False)
        self._session.show_activity(None)
        self.settled.emit()


def _progress(event: Any) -> tuple[float | None, str]:
    """How far an event says a step is, as a share and in words."""
    if isinstance(event, float):
        return event, ""
    share = event.done / event.total if event.total else None
    return share, f": {figures.size(event.done)} of {figures.size(event.total)}"
