"""How did the text come to be cut so? One column's merges, found in the background and then shown step by step."""

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.jobs import Job, Jobs
from app.pages.playground import work
from app.pages.playground.column import Column
from app.pages.playground.columns import Columns
from app.pages.playground.step_bar import StepBar
from app.widgets.chips import Token
from app.widgets.merge_line import MergeWords
from lmcore import figures

if TYPE_CHECKING:
    from lmcore.bpe.text_steps import TextSteps

LARGEST: Final = 2_000_000
"""Bytes of a text whose merges are looked for: some 0.4 s of work for each megabyte."""
PAUSE: Final = 150
"""Milliseconds without a change after which they are looked for."""
LAST: Final = "Last merge:"
TOO_LARGE: Final = f"Step by step is for texts of up to {LARGEST // 10**6} MB."


class Stepping(QObject):
    """Fills a StepBar and does what it says with the column that is chosen in it."""

    failed = Signal(object)

    def __init__(self, jobs: Jobs, columns: Columns, bar: StepBar) -> None:
        super().__init__()
        self._jobs, self._columns, self._bar = jobs, columns, bar
        self._column: Column | None = None
        self._steps: TextSteps | None = None
        self._job: Job | None = None
        self._number = 0
        self._due = QTimer(self, interval=PAUSE, singleShot=True)
        self._due.timeout.connect(self._find)
        columns.encoded.connect(self._encoded)
        columns.listed.connect(self._listed)
        bar.stepped.connect(self._show)
        bar.column_chosen.connect(self._choose)

    @property
    def settled(self) -> bool:
        """Whether the merges are known, or cannot be."""
        return self._job is None and not self._due.isActive()

    @property
    def column(self) -> Column | None:
        """The column that is shown step by step."""
        return self._column

    def stop(self) -> None:
        """Look for nothing any more."""
        self._number += 1
        self._due.stop()
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _encoded(self) -> None:
        """The merges that were found are of another text, or may be; the bar stands at the end until they are known."""
        self.stop()
        self._steps = None
        self._bar.rest()
        self._due.start()

    def _listed(self) -> None:
        columns = self._columns.all
        if self._column not in columns:
            self._column = columns[0] if columns else None
        current = columns.index(self._column) if self._column is not None else 0
        self._bar.set_columns([column.title for column in columns], current)
        self._say_rest()

    def _choose(self, number: int) -> None:
        if self._column is not None:
            self._column.show_step(None)
        self._column = self._columns.all[number]
        self._listed()
        self._encoded()

    def _say_rest(self) -> None:
        others = len(self._columns.all) - 1
        words = ("", "The other column is shown complete", "The other columns are shown complete")
        self._bar.say_rest(words[min(others, 2)])

    def _find(self) -> None:
        cutting = self._column.cutting if self._column is not None else None
        if cutting is None or cutting.live is None:
            return
        if len(cutting.data) > LARGEST:
            self._steps = None
            self._bar.wait(TOO_LARGE)
            return
        self._number += 1
        number, live, data = self._number, cutting.live, cutting.data
        self._job = Job(lambda: work.follow_steps(live, data))
        self._job.finished.connect(partial(self._found, number))
        self._job.failed.connect(partial(self._not_found, number))
        self._jobs.start(self._job)

    def _found(self, number: int, steps: "TextSteps") -> None:
        if number == self._number:
            self._job, self._steps = None, steps
            self._bar.set_total(len(steps))
            self._describe(len(steps))

    def _not_found(self, number: int, error: BaseException) -> None:
        if number == self._number:
            self._job = None
            self._bar.wait()
            self.failed.emit(error)

    def _show(self, step: int) -> None:
        if self._steps is None or self._column is None:
            return
        self._column.show_step(self._steps.cut(step) if step < len(self._steps) else None)
        self._describe(step)

    def _describe(self, step: int) -> None:
        """Say what the last merge was."""
        column, steps = self._column, self._steps
        if column is None or column.subject is None or steps is None:
            return
        if step == 0:
            words = "Nothing is merged yet: every byte is a token." if len(steps) else "There is nothing to merge."
            self._bar.merge.show_words(words)
            return
        rank, subject = int(steps.ranks[step - 1]), column.subject
        left, right = subject.info.tokenizer.merges[rank]
        left_token, right_token, made = (Token(one, subject.vocab.ids[one]) for one in (left, right, left + right))
        self._bar.merge.show_merge(MergeWords(LAST, left_token, right_token, made, _story(subject, rank, steps, step)))


def _story(subject: work.Subject, rank: int, steps: "TextSteps", step: int) -> str:
    times = steps.times(step)
    here = "once" if times == 1 else f"{figures.count(times)} times"
    seen = subject.counts.get(rank)
    learned = f", seen {figures.count(seen)} times in training" if seen is not None else ""
    return f"merge {figures.count(rank + 1)}{learned}, done {here} here"
