"""What was run, on what, how long, with which result? The panel of the run that is looked at, and what it wrote."""

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLayout, QScrollArea, QVBoxLayout, QWidget

from app import fonts
from app.pages.training.fact_list import FactList, shortened
from app.pages.training.failure_strip import FailureStrip
from app.pages.training.log_view import LogView
from app.pages.training.run_facts import (
    failure_of,
    machine_facts,
    progress,
    result_facts,
    seconds_left,
    time_left,
    what_facts,
)
from app.pages.training.samples_view import SamplesView
from app.tables.run_states import ALIVE, can_resume, getting_ready, stand_of
from app.widgets.labels import ElidedLabel, Hairline, label
from app.widgets.progress import ProgressLine
from lmcore import figures
from lmcore.training.curves import Columns
from lmcore.training.overview import Overview
from lmcore.training.sample_files import Sample

MARGIN: Final = 24
LEAST, USUAL = 308, 340
WHAT: Final = "What was run"
EDITED: Final = "What config.json says now, which is not what was run"
TONES: Final = {"finished": "done", "failed": "failed", "running": "running", "starting": "running"}


class DetailsPanel(QScrollArea):
    """The panel. What a worker's log says last is asked for by `log_asked` (a path) and given by `show_log`."""

    asked = Signal(str, tuple)
    """An action and the path of its run, as the table asks."""
    log_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run: Overview | None = None
        self._columns: Columns | None = None
        self._samples_of: tuple[Path | None, tuple[Sample, ...]] = (None, ())
        self.title = ElidedLabel("", "section")
        self.bar = ProgressLine("Steps")
        self.steps, self.left = ElidedLabel("", "table"), label("", "table")
        self.doing = label("", "caption", wrap=True)
        self.failure, self.log = FailureStrip(), LogView()
        self.what_title = label(WHAT, "section", wrap=True)
        self.result, self.machine, self.what = FactList(), FactList(), FactList()
        self.tags, self.note = ElidedLabel("", "caption"), label("", "caption", wrap=True)
        self.samples = SamplesView()
        self._body, self._results = QWidget(), QWidget()
        self._empty = label("Choose a run to see what it was trained on, how far it is, and what it writes.",
                            "caption", wrap=True)  # fmt: skip
        self._build()
        self._connect()

    @property
    def run(self) -> Overview | None:
        """The run that is shown."""
        return self._run

    def show_run(self, run: Overview | None, columns: Columns | None = None) -> None:
        """Show a run as it stands now, or none; `columns` are what it has measured, if that is known."""
        if run is self._run and run is not None and run.standing not in ALIVE:
            return
        before, self._run = self._run, run
        self._body.setVisible(run is not None)
        self._empty.setVisible(run is None)
        if run is None:
            return
        if before is None or before.path != run.path:
            self._begin(run, columns)
        self._show_head(run)
        self._show_facts(run)
        if self._samples_of[0] != run.path or not self._samples_of[1]:
            self.samples.show_samples((), why_no_texts(run))

    def show_columns(self, path: Path, columns: Columns) -> None:
        """What the run has measured: by it the peak of memory and the time that is left are told."""
        if self._run is not None and path == self._run.path and columns is not self._columns:
            self._columns = columns
            self._show_head(self._run)
            self._show_facts(self._run)

    def show_samples(self, path: Path, samples: Sequence[Sample]) -> None:
        """The texts of a run, which are shown if it is the one that is looked at."""
        if self._run is not None and path == self._run.path:
            self._samples_of = (path, tuple(samples))
            self.samples.show_samples(samples, why_no_texts(self._run))

    def show_step(self, step: int) -> None:
        """Show the text of a step, and bring it into view."""
        self.samples.show_step(step)
        self.ensureWidgetVisible(self.samples.text, 0, MARGIN)

    def show_log(self, path: Path, lines: Sequence[str]) -> None:
        """The last lines of a run's log."""
        if self._run is not None and path == self._run.path:
            self.log.show_log(lines)

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(USUAL), fonts.scaled(500))

    def minimumSizeHint(self) -> QSize:
        return QSize(fonts.scaled(LEAST), fonts.scaled(120))

    def _begin(self, run: Overview, columns: Columns | None) -> None:
        """Nothing of the run before is left."""
        self._columns = columns
        self._samples_of = (run.path, ())
        self.samples.forget()
        self.log.close_log()
        self.verticalScrollBar().setValue(0)

    def _show_head(self, run: Overview) -> None:
        words, share = progress(run)
        self.title.set_text(run.name)
        self.bar.show_fraction(share, TONES.get(run.standing, "idle"))  # type: ignore[arg-type]
        self.steps.set_text(words)
        left = time_left(seconds_left(run, self._columns))
        self.left.setText(left or in_short(run))
        doing = getting_ready(run)
        self.doing.setText(doing)
        self.doing.setVisible(bool(doing))
        failure = failure_of(run, self._columns)
        helps = failure is not None and failure.resuming_helps
        self.failure.show_failure(failure, can_resume=helps and is_way_on(run))
        self._place_log(beside_failure=failure is not None)
        self.log.setVisible(bool(run.attempt or run.step or failure))
        self.log.refresh()
        self.tags.set_text(f"Tags: {', '.join(run.tags)}")
        self.tags.setVisible(bool(run.tags))
        if self.note.property("note") != run.note:
            self.note.setProperty("note", run.note)
            self.note.setText(" ".join(map(shortened, run.note.split(" "))))
            self.note.setToolTip(run.note)
        self.note.setVisible(bool(run.note))

    def _show_facts(self, run: Overview) -> None:
        results = result_facts(run, self._columns)
        self.result.show_facts(results)
        self._results.setVisible(bool(results))
        self.machine.show_facts(machine_facts(run, self._columns, time.time()))
        self.what_title.setText(EDITED if run.edited else WHAT)
        self.what.show_facts(what_facts(run))

    def _place_log(self, *, beside_failure: bool) -> None:
        """The log stands below what went wrong, which it explains; of a run that is well, at the end of all."""
        column = self._column
        place = column.indexOf(self.failure) + 1 if beside_failure else column.count() - 1
        if column.indexOf(self.log) != place:
            column.removeWidget(self.log)
            column.insertWidget(place, self.log)

    def _build(self) -> None:
        content = QWidget()
        whole = QVBoxLayout(content)
        whole.setContentsMargins(MARGIN, 14, MARGIN, 16)
        whole.setSpacing(0)
        whole.addWidget(self._empty)
        whole.addWidget(self._body)
        whole.addStretch(1)
        column = self._column = QVBoxLayout(self._body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in self._parts():
            if isinstance(part, int):
                column.addSpacing(part)
            elif isinstance(part, QWidget):
                column.addWidget(part)
            else:
                column.addLayout(part)
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # keys scroll it: most of it has no controls
        self.viewport().setBackgroundRole(QPalette.ColorRole.Base)
        self.setAccessibleName("The run that is looked at")
        self._body.hide()

    def _parts(self) -> list[QWidget | QLayout | int]:
        steps = QHBoxLayout()
        steps.addWidget(self.steps, 1)
        steps.addWidget(self.left)
        head: list[QWidget | QLayout | int] = [
            self.title,
            4,
            self.bar,
            8,
            steps,
            self.doing,
            self.tags,
            self.note,
            10,
            self.failure,
        ]
        results = QVBoxLayout(self._results)
        results.setContentsMargins(0, 0, 0, 10)
        results.setSpacing(10)
        results.addWidget(Hairline())
        results.addWidget(self.result)
        facts: list[QWidget | QLayout | int] = [2, self.machine, 12, self._results]
        return [*head, *facts, Hairline(), 10, self.samples, 14, Hairline(), 10, self.what_title, 6, self.what,
                12, self.log]  # fmt: skip

    def _connect(self) -> None:
        self.failure.asked.connect(self._ask)
        self.log.asked.connect(self._ask_log)

    def _ask(self, action: str) -> None:
        if self._run is not None:
            self.asked.emit(action, (self._run.path,))

    def _ask_log(self) -> None:
        if self._run is not None:
            self.log_asked.emit(self._run.path)


def in_short(run: Overview) -> str:
    """How a run stands without its step and time, which stand beside it: "diverged", "lost", "queued, 2nd"."""
    return re.split(r" (?:at step|since) ", stand_of(run).words)[0]


def is_way_on(run: Overview) -> bool:
    """Whether going on is a remedy: not where the same would happen again."""
    return can_resume(run) and run.reason != "diverged"


def why_no_texts(run: Overview) -> str:
    """What stands in place of texts."""
    every = run.config.get("evaluation.every")
    first = every if isinstance(every, int) else None
    if run.config.get("evaluation.sample_tokens") == 0:
        return "This run writes no texts: evaluation.sample_tokens is 0."
    if run.samples:
        return "Reading what it wrote …"
    if not run.config.get("data.tokenizer"):
        return "This run writes no texts: it knows no tokenizer to write with."
    if first is not None and run.step < first:
        goes_on = run.standing in (*ALIVE, "waiting", "created")
        done = "" if goes_on else f"No text was written by step {figures.count(run.step)}. "
        return f"{done}The first {'is' if done else 'text is'} written at step {figures.count(first)}."
    return f"No text was written by step {figures.count(run.step)}."
