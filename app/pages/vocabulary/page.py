"""What did it learn: longest tokens, their bytes, where each came from, and what is odd in it?"""

from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QVBoxLayout, QWidget

from app.commands import Command
from app.jobs import Job
from app.pages.page import PAINTED, Page
from app.pages.vocabulary import wording, work
from app.pages.vocabulary.browse import Browse
from app.pages.vocabulary.charts import Charts
from app.pages.vocabulary.compare import Compare
from app.pages.vocabulary.knowledge import TITLE, Knowledge
from app.session import Session, TokenizerInfo
from app.tables.view import COPIED
from app.tables.vocabulary import COLUMNS, HEADERS
from app.widgets.buttons import Button
from app.widgets.dialogs import ask_tokenizer
from app.widgets.labels import Hairline
from app.widgets.menu import Menu
from app.widgets.messages import Messages
from app.widgets.save_place import ask_save_place
from app.widgets.tabs import Tabs
from app.widgets.tokenizer_opening import tell_error
from lmcore import figures
from lmcore.bpe.vocabulary.exporting import export_rows, markdown_lines
from lmcore.bpe.vocabulary.views import View
from lmcore.errors import LmError

BROWSE, COMPARE, CHARTS = range(3)
EXPORTS: Final = "CSV (*.csv);;Markdown (*.md)"
TEXTS: Final = "Text (*.txt *.md *.jsonl *.parquet *.gz *.zst);;All files (*)"
ENDINGS: Final = (".json", ".tiktoken")


class VocabularyPage(Page):
    """Three tabs over the session's tokenizer; the bundled one is opened where there is none yet.

    It is whole once it was made by `making`.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._seen, self._asked_at, self._seconds = False, 0.0, 0.0
        self._first_look = QTimer(
            self, singleShot=True, interval=PAINTED
        )  # jobs import, which would hold up the picture
        self._first_look.timeout.connect(self._begin)
        self.knowledge = Knowledge(session)
        self.messages = Messages()
        self.tabs = Tabs("Views of the vocabulary", ["Browse", "Compare two", "Charts"])
        self._stack = QStackedWidget(self)
        self._more = Button(icon="ellipsis", kind="bare", name="More")
        self._export = Button("Export rows", icon="download")
        self._open = Button("Open tokenizer", icon="folder-open")

    def _filling(self) -> Generator[None, None, None]:
        """The tabs, made where they will be seen."""
        self.browse = yield from Browse.making(self.session, self.knowledge, self._stack)
        yield
        self.compare = yield from Compare.making(self.session, self.knowledge, self._stack)
        yield
        self.charts = Charts(self.knowledge, self._stack)
        yield
        self._build()
        self._connect()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.messages)
        column.addWidget(self.tabs)
        column.addWidget(Hairline())
        column.addWidget(self._stack, 1)
        for tab in (self.browse, self.compare, self.charts):
            self._stack.addWidget(tab)
        self._export.setEnabled(False)

    def _connect(self) -> None:
        self.tabs.currentChanged.connect(self._show_tab)
        self.session.tokenizer_changed.connect(self._tokenizer_changed)
        self.session.tokenizer_not_opened.connect(self._failed)
        self.knowledge.read.connect(self._read)
        self.knowledge.usage_found.connect(self._usage_found)
        self.knowledge.reach_found.connect(self.browse.show_reach)
        self.knowledge.prefixes_found.connect(self.charts.show_prefixes)
        self.knowledge.failed.connect(self._failed)
        self.knowledge.settled.connect(self._say_opened)
        self.compare.failed.connect(self._failed)
        self.browse.menu_asked.connect(self._open_columns)
        self.browse.table.not_copied.connect(self._too_many)
        self._more.clicked.connect(self._open_more)
        self._export.clicked.connect(self._ask_export)
        self._open.clicked.connect(self._ask_tokenizer)

    def header_actions(self) -> list[QWidget]:
        return [self._more, self._export, self._open]

    def commands(self) -> list[Command]:
        browse = self.browse
        return [
            Command("Filter tokens", self._focus_filter, "search", TITLE, "Ctrl+F", "find"),
            Command("Show the longest tokens", partial(self._show_view, View.WORDS), "ruler", TITLE),
            Command(
                "Show tokens that are not valid UTF-8 alone", partial(self._show_view, View.BROKEN), "binary", TITLE
            ),
            Command("Show mojibake", partial(self._show_view, View.MOJIBAKE), "text-search", TITLE),
            Command("Show tokens that no text reaches", partial(self._show_view, View.UNREACHABLE), "search", TITLE),
            Command("Show tokens that the corpus never uses", partial(self._show_view, View.UNUSED), "search", TITLE),
            Command("Export rows", self._ask_export, "download", TITLE, "Ctrl+E", "csv markdown save"),
            Command("Copy the rows as Markdown", self.copy_rows, "copy", TITLE, "Ctrl+Shift+C"),
            Command("Choose the corpus", self._ask_corpus, "file-text", TITLE),
            Command(
                "Compare two tokenizers", partial(self.tabs.setCurrentIndex, COMPARE), "split", TITLE, "", "difference"
            ),
            Command("Show the charts", partial(self.tabs.setCurrentIndex, CHARTS), "chart-line", TITLE),
            Command("Clear the filter", browse.filter.clear, "x", TITLE),
            Command("Open a tokenizer", self._ask_tokenizer, "folder-open", TITLE, "Ctrl+Shift+O"),
        ]

    def accepts(self, paths: Sequence[Path]) -> bool:
        """Tokenizers by their names, and any text as a corpus."""
        return bool(paths)

    def open_paths(self, paths: Sequence[Path]) -> None:
        """A tokenizer becomes the current one, several are compared; anything else is the corpus to count in."""
        if not all(_is_tokenizer(path) for path in paths):
            self.take_corpus(paths)
            return
        self.messages.clear()
        for path in paths:
            self.session.open_tokenizer(path)
        if len(paths) > 1:
            self.tabs.setCurrentIndex(COMPARE)

    def close_jobs(self) -> None:
        self._first_look.stop()
        self.knowledge.stop()
        self.compare.stop()
        self.browse.search.stop()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._seen:
            self._seen = True
            self._first_look.start()

    def _begin(self) -> None:
        if self.session.tokenizer is None:
            self.session.open_bundled_tokenizer()
        else:
            self._tokenizer_changed(self.session.tokenizer)

    def open_tokenizer(self, path: Path) -> None:
        """Make the tokenizer in a file or folder the current one."""
        self.messages.clear()
        self.session.open_tokenizer(path)

    def take_corpus(self, paths: Sequence[Path]) -> None:
        """Count tokens in these files; none means the bundled sample."""
        self.messages.clear()
        self.knowledge.take_corpus(paths)
        self.browse.show_usage()
        self._show_tab(self.tabs.currentIndex())

    def copy_rows(self) -> None:
        """The selected rows, or all that are shown, as a Markdown table."""
        shown = self.knowledge.shown
        if shown is None:
            return
        some = self.browse.table.selected_count() > 1
        count = self.browse.table.selected_count() if some else len(self.browse.rows)
        if count > COPIED:
            self._too_many(count)
            return
        rows = self.browse.rows[self.browse.table.selected_lines()] if some else self.browse.rows
        QGuiApplication.clipboard().setText(markdown_lines(shown.vocabulary, rows.tolist(), shown.ordering.used))
        self.session.say(f"Copied {figures.count(len(rows))} rows as Markdown")

    def _too_many(self, rows: int) -> None:
        self.session.say(f"{figures.count(rows)} rows are too many for the clipboard; export them instead")

    def export(self, path: Path) -> None:
        """Write the rows that the table shows, in its order."""
        shown = self.knowledge.shown
        if shown is not None:
            self.messages.clear()
            job = Job(partial(export_rows, shown.vocabulary, self.browse.rows, shown.ordering.used, path))
            rows = figures.count(len(self.browse.rows))
            job.finished.connect(lambda written: self.messages.tell("success", f"{rows} rows are in {written}."))
            job.failed.connect(self._failed)
            self.session.jobs.start(job)

    def _tokenizer_changed(self, info: TokenizerInfo | None) -> None:
        """Follow the session, from the first visit on."""
        if not self._seen:
            return
        known = self.knowledge.shown
        if info is not None and known is not None and known.info.tokenizer is info.tokenizer:
            return
        self.messages.clear()  # they spoke of the tokenizer before
        self._export.setEnabled(False)
        self.browse.show_shown(None)
        self.charts.show_vocabulary(None)
        if info is not None:
            self._asked_at = perf_counter()
            self.knowledge.show(info)

    def _read(self, shown: work.Shown) -> None:
        self.browse.show_shown(shown)
        self.charts.show_vocabulary(shown.vocabulary)
        self._export.setEnabled(True)
        self._seconds = perf_counter() - self._asked_at
        self._say_opened()
        self._show_tab(self.tabs.currentIndex())

    def _say_opened(self) -> None:
        """What the status bar says while nothing runs."""
        if (shown := self.knowledge.shown) is not None:
            tokens = len(shown.vocabulary)
            self.session.say(wording.opened(shown.info.name, tokens, self._seconds, self.knowledge.usage))

    def _usage_found(self) -> None:
        self.browse.show_usage()
        self._show_tab(self.tabs.currentIndex())

    def _failed(self, error: BaseException) -> None:
        """Say what the user can mend; the rest is the error reporter's."""
        if not isinstance(error, LmError):
            raise error
        if self.isVisible():
            tell_error(self.messages, error, self._open_with)

    def _open_with(self, path: Path, pattern: str) -> None:
        self.messages.clear()
        self.session.open_tokenizer(path, pattern)

    def _show_tab(self, place: int) -> None:
        self._stack.setCurrentIndex(place)
        if place == COMPARE:
            self.compare.show_tokenizers()
        elif place == CHARTS:
            self.charts.show_prefixes()
            self.knowledge.want_prefixes()

    def _show_view(self, view: View) -> None:
        self.tabs.setCurrentIndex(BROWSE)
        self.browse.choose_view(view)

    def _focus_filter(self) -> None:
        self.tabs.setCurrentIndex(BROWSE)
        self.browse.filter.setFocus()
        self.browse.filter.selectAll()

    # What the user is asked.

    def _open_more(self) -> None:
        menu = self.more_menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self._more.mapToGlobal(QPoint(0, self._more.height() + 4)))

    def more_menu(self) -> Menu:
        """The corpus, copying, and the columns."""
        menu = Menu(self)
        menu.add("Choose the corpus …", self._ask_corpus, icon="file-text")
        menu.add("Count in the bundled sample", partial(self.take_corpus, ()), icon="list-restart")
        menu.addSeparator()
        menu.add("Copy the rows as Markdown", self.copy_rows, icon="copy", keys="Ctrl+Shift+C")
        menu.addSeparator()
        self._add_columns(menu)
        return menu

    def _open_columns(self, place: QPoint) -> None:
        menu = Menu(self)
        self._add_columns(menu)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def _add_columns(self, menu: Menu) -> None:
        """Which columns the table shows; a line each."""
        shown = self.browse.table.shown_columns()
        for column in COLUMNS:
            action = menu.add(HEADERS[column], partial(self.browse.table.toggle_column, column))
            action.setCheckable(True)
            action.setChecked(column in shown)

    def _ask_corpus(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self.window(), "Count tokens in these files", "", TEXTS)
        if names:
            self.take_corpus([Path(name) for name in names])

    def _ask_export(self) -> None:
        shown = self.knowledge.shown
        if shown is None:
            return
        if path := ask_save_place(self, "Export rows", f"{shown.info.name}.csv", EXPORTS):
            self.export(path)

    def _ask_tokenizer(self) -> None:
        if path := ask_tokenizer(self.window()):
            self.open_tokenizer(path)

    def fill_sample(self) -> None:
        """The longest words of the bundled tokenizer."""
        self.tabs.setCurrentIndex(BROWSE)
        self.browse.choose_view(View.WORDS)

    def settled(self) -> bool:
        resting = not (self.knowledge.busy or self.compare.busy or self.browse.busy)
        return self.knowledge.shown is not None and resting


def _is_tokenizer(path: Path) -> bool:
    return path.suffix in ENDINGS or (path / "tokenizer.json").is_file()
