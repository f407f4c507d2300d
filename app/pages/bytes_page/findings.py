"""What is found in the text, and where is it shown? The first malformed bytes at once, what a job sums up later."""

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer

from app.pages.bytes_page.document import Document
from app.pages.bytes_page.input_panel import InputPanel
from app.pages.bytes_page.results_panel import FormsPanel, HandlersPanel
from app.pages.bytes_page.why_panel import WhyPanel
from app.widgets.lanes_view import LanesView
from lmcore import figures
from lmcore.text.utf8 import Unit, first_malformed

if TYPE_CHECKING:
    from lmcore.bpe.text_summary import Summary

AT_ONCE: Final = 1_000_000
"""Bytes in which the first malformed sequence is looked for at each key stroke; of more, by the job."""


class Findings(QObject):
    """Keeps the panels around the lanes true to the text and to what is selected in it."""

    def __init__(
        self,
        document: Document,
        lanes: LanesView,
        panel: InputPanel,
        why: WhyPanel,
        handlers: HandlersPanel,
        forms: FormsPanel,
    ) -> None:
        super().__init__()
        self._document, self._lanes, self._input = document, lanes, panel
        self._why, self._handlers, self._forms = why, handlers, forms
        self._first: Unit | None = None
        self._due = QTimer(self, singleShot=True, interval=0)
        self._due.timeout.connect(self._show_parts)
        self.tokenizer_name = ""
        self.summary: Summary | None = None

    @property
    def settled(self) -> bool:
        """Whether all is shown that is known."""
        return not self._due.isActive()

    def forget(self) -> None:
        """The text is another: nothing is known of it but what is found at once."""
        data = self._document.data
        self._first = first_malformed(data) if len(data) <= AT_ONCE else None
        self.summary = None
        self.look_again()

    def look_again(self) -> None:
        """Something else is selected, or edited."""
        self._due.start()

    def take(self, summary: "Summary") -> None:
        """All of the text was looked at."""
        self.summary = summary
        if summary.first != self._first:
            self._first = summary.first
            self.look_again()
        self.show_summary()

    def show_summary(self) -> None:
        """Show what is known of the whole text, or that it is being looked at."""
        summary = self.summary
        counts, tokens = (summary.counts, summary.tokens) if summary else (None, None)
        size, name = len(self._document.data), self.tokenizer_name
        self._input.counts.show_counts(size, counts, tokens, name, busy=summary is None)
        self._input.show_error(_error_words(self._first, summary))
        self._handlers.show_sizes(summary)
        self._forms.show_summary(summary, self._first)
        several = summary is None or summary.counts.malformed > 1
        self._why.next_button.setVisible(self._first is not None and several)
        self._why.show_mojibake(summary.mojibake if summary else None)

    def _show_parts(self) -> None:
        """Whatever depends on the place of interest: once a turn, however many things moved it."""
        data, selected = self._document.data, self._lanes.selection
        around = selected.start if selected else self._first.start if self._first else 0
        self._input.mark(selected)
        self._why.show_state(data, selected, self._first, self._document.edited)
        self._handlers.show_text(data, around, self._first)


def edited_words(edited: int) -> str:
    """How many bytes were edited, for the status bar."""
    if not edited:
        return ""
    return f"{figures.count(edited)} edited {'byte' if edited == 1 else 'bytes'} · nothing is saved"


def _error_words(first: Unit | None, summary: "Summary | None") -> str:
    """What stands at the right of the counts."""
    if first is None:
        return ""
    others = summary.counts.malformed - 1 if summary else 0
    more = f", and at {figures.count(others)} {'place' if others == 1 else 'places'} more" if others else ""
    return f"Not valid UTF-8 at byte {first.start}{more}"
