"""What is to be known of one token? Its page at the right: figures, bytes, merge tree, descendants, contexts."""

from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QPalette
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.pages.vocabulary import wording
from app.pages.vocabulary.knowledge import Knowledge
from app.widgets.buttons import Button
from app.widgets.byte_strip import ByteStrip
from app.widgets.chip_flow import ChipFlow
from app.widgets.chips import Token
from app.widgets.context_lines import ContextLines
from app.widgets.figure_grid import FigureGrid
from app.widgets.labels import ElidedLabel, Hairline, label
from app.widgets.merge_tree import MergeTree
from app.widgets.token_chip import TokenChip
from lmcore import figures
from lmcore.bpe.display import plain
from lmcore.bpe.vocabulary.columns import NONE
from lmcore.bpe.vocabulary.trees import descendants, merge_tree

if TYPE_CHECKING:
    from lmcore.bpe.vocabulary.columns import Vocabulary

MARGIN: Final = 24
CONTEXTS: Final = 8
BUILT: Final = 60
"""Tokens built with another one that are offered at most; the rest are counted."""
NAMES: Final = ("Id", "In corpus", "Length", "Saves", "Merge", "At merge", "Gain", "Kind")
NO_CORPUS: Final = "The corpus is being counted …"


class TokenPanel(QScrollArea):
    """The page of the token that is selected. `token_asked` gives the id of another one to select."""

    token_asked = Signal(int)

    def __init__(self, knowledge: Knowledge, parent: QWidget) -> None:
        super().__init__(parent)
        self._knowledge = knowledge
        self._row = NONE
        self.chip = TokenChip()
        self.bytes = ByteStrip()
        self.tree = MergeTree()
        self.built = ChipFlow("Built with it")
        self.contexts = ContextLines()
        self._figures = FigureGrid(NAMES, long=("Kind",))
        self.figures = self._figures.figures
        self.remark = label("", "caption", wrap=True)
        self.built_of = ElidedLabel("", "caption")
        self.corpus = ElidedLabel("", "caption")
        self.no_context = label("", "caption", wrap=True)
        self._copy = Button(icon="copy", kind="bare", name="Copy the token’s text")
        self._tree_part = QWidget()
        self._body = QWidget()
        self._empty = label(
            "Choose a token to see its bytes, how it was merged, and where it stands.", "caption", wrap=True
        )
        self._build()
        self._connect()

    @property
    def row(self) -> int:
        """The row of the token that is shown, or -1."""
        return self._row

    def show_row(self, row: int) -> None:
        """Show the token of a row; -1 shows none."""
        self._row = row
        shown = self._knowledge.shown
        self._body.setVisible(row != NONE and shown is not None)
        self._empty.setVisible(row == NONE or shown is None)
        if row == NONE or shown is None:
            return
        known = shown.vocabulary
        token = Token(known.tokens[row], int(known.ids[row]))
        self.chip.show_token(token)
        self.bytes.show_bytes(token.raw)
        merged = int(known.left[row]) != NONE
        self.tree.show_tree(merge_tree(known, row) if merged else None, self._token_of)
        self._tree_part.setVisible(merged)
        self._show_built(row)
        self.show_usage()
        self.verticalScrollBar().setValue(0)

    def show_usage(self) -> None:
        """What the corpus says of the token, as far as that is known."""
        shown, usage, row = self._knowledge.shown, self._knowledge.usage, self._row
        if row == NONE or shown is None:
            return
        self._show_figures(shown.vocabulary)
        if usage is None:
            self.corpus.set_text("")
            self.contexts.show_contexts((), 0)
            self.no_context.setText(NO_CORPUS)
            self.no_context.show()
            return
        token_id, length = int(shown.vocabulary.ids[row]), int(shown.vocabulary.lengths[row])
        found = usage.contexts(token_id, length, CONTEXTS)
        self.corpus.set_text(wording.corpus(usage))
        self.contexts.show_contexts(found, token_id)
        self.no_context.setText("" if found else wording.no_context(usage, int(usage.counts[row])))
        self.no_context.setVisible(not found)

    def _show_figures(self, known: "Vocabulary") -> None:
        values = wording.figures_of(known, self._row, self._knowledge.usage)
        for name, value in zip(NAMES, values, strict=True):
            self.figures[name].set_text(value)
        reach = self._knowledge.reach
        remark = wording.remark(known, self._row, None if reach is None else int(reach[self._row]))
        self.remark.setText(remark)
        self.remark.setVisible(bool(remark))

    def _show_built(self, row: int) -> None:
        """What is built with a token: the one that is shown, or a piece of it where nothing is built with that."""
        shown = self._knowledge.shown
        assert shown is not None
        known = shown.vocabulary
        rows = descendants(known, row)
        if not len(rows) and row == self._row and known.left[row] != NONE:
            parents = (int(known.left[row]), int(known.right[row]))
            row = max(parents, key=lambda parent: int(known.lengths[parent]))
            rows = descendants(known, row)
        order = rows[np.argsort(known.lengths[rows], kind="stable")][:BUILT]
        self.built.show_tokens([self._token_of(int(place)) for place in order])
        name = plain(known.tokens[row][:48])
        self.built_of.set_text(f"{name}  {figures.count(len(rows))} {'token' if len(rows) == 1 else 'tokens'}")

    def _token_of(self, row: int) -> Token:
        assert self._knowledge.shown is not None
        known = self._knowledge.shown.vocabulary
        return Token(known.tokens[row], int(known.ids[row]))

    def _build(self) -> None:
        content = QWidget(self.viewport())
        whole = QVBoxLayout(content)
        whole.setContentsMargins(MARGIN, 16, MARGIN, 16)
        whole.addWidget(self._empty)
        whole.addWidget(self._body, 1)
        column = QVBoxLayout(self._body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.addWidget(self.chip, 1)
        head.addWidget(self._copy)
        column.addLayout(head)
        column.addSpacing(10)
        column.addWidget(self._figures)
        column.addSpacing(6)
        column.addWidget(self.remark)
        column.addSpacing(14)
        column.addWidget(Hairline())
        column.addSpacing(12)
        column.addWidget(_section("Bytes", [], self.bytes))
        column.addSpacing(18)
        tree = QVBoxLayout(self._tree_part)
        tree.setContentsMargins(0, 0, 0, 18)
        tree.addWidget(_section("Merge tree", [label("click a piece to unwind it", "caption")], self.tree))
        column.addWidget(self._tree_part)
        column.addWidget(_section("Built with", [self.built_of], self.built))
        column.addSpacing(18)
        column.addWidget(_section("In the corpus", [self.corpus], self.contexts))
        column.addWidget(self.no_context)
        column.addStretch(1)
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Base)
        self.setAccessibleName("The selected token")
        self._body.hide()

    def _connect(self) -> None:
        self.tree.chosen.connect(self._show_built)
        self.tree.opened.connect(lambda row: self.token_asked.emit(self._token_of(row).token_id))
        self.built.chosen.connect(self.token_asked)
        self._copy.clicked.connect(self._copy_text)

    def _copy_text(self) -> None:
        shown = self._knowledge.shown
        if shown is not None and self._row != NONE:
            QGuiApplication.clipboard().setText(shown.vocabulary.texts[self._row])


def _section(title: str, beside: list[QWidget], below: QWidget) -> QWidget:
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(6)
    head = QHBoxLayout()
    head.setSpacing(8)
    head.addWidget(label(title, "section"))
    for widget in beside:
        head.addWidget(widget, 1)
    if not beside:
        head.addStretch(1)
    column.addLayout(head)
    column.addWidget(below)
    return made
