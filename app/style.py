"""How do Qt's own controls look? Fusion, a QPalette made from a Theme, and the sheet for what a palette cannot say.

There is no style of our own in Python: Qt asks a style thousands of times a repaint, and each answer would wait
for the interpreter that a job's thread holds.
"""

from string import Template
from typing import Final

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from app import fonts
from app.theme import Theme

ROLES: Final = QPalette.ColorRole
GROUPS: Final = QPalette.ColorGroup

SHEET: Final = Template("""
QToolTip { background: $raised; color: $text; border: 1px solid $border; padding: 6px 10px; font-size: ${caption}px; }

QLabel[role="title"] { min-height: ${title_line}px; }
QLabel[role="figure"] { min-height: ${figure_line}px; }
QLabel[role="body"], QLabel[role="section"], QLabel[role="secondary"] { min-height: ${body_line}px; }
QLabel[role="caption"], QLabel[role="table"], QLabel[role="strong"] { min-height: ${caption_line}px; }
QLabel[role="title"] { font-size: ${title}px; font-weight: 600; }
QLabel[role="figure"] { font-size: ${figure}px; font-weight: 600; }
QLabel[role="section"] { font-weight: 600; }
QLabel[role="strong"] { font-size: ${caption}px; font-weight: 600; }
QLabel[role="table"] { font-size: ${caption}px; }
QLabel[role="secondary"] { color: $secondary; }
QLabel[role="caption"] { font-size: ${caption}px; color: $secondary; }
QLabel[role="axis"] { font-size: ${axis}px; color: $secondary; }
QLabel[role="error"] { font-size: ${caption}px; color: $error; }
QLabel[role="success"] { font-size: ${caption}px; color: $success; }
QLabel[role="warning"] { font-size: ${caption}px; color: $warning; }
QLabel[role="mono"] { font-family: "JetBrains Mono"; font-size: ${caption}px; }
QLabel[role="code"] { font-family: "JetBrains Mono"; font-size: ${axis}px; color: $secondary; }
QLabel:disabled { color: $disabled; }

QScrollArea, QAbstractScrollArea { border: none; }

QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit, QTextEdit {
  background: $surface; color: $text; border: 1px solid $control; border-radius: 5px;
  selection-background-color: $selection; selection-color: $text;
}
QLineEdit, QComboBox { min-height: ${input}px; max-height: ${input}px; padding: 0 8px; }
QAbstractSpinBox { min-height: ${input}px; max-height: ${input}px; padding: 0 0 0 4px; }
QPlainTextEdit, QTextEdit { padding: 6px; }
QLineEdit:focus, QComboBox:focus, QAbstractSpinBox:focus {
  border: 2px solid $accent; min-height: ${inner}px; max-height: ${inner}px;
}
QLineEdit:focus, QComboBox:focus { padding: 0 7px; }
QAbstractSpinBox:focus { padding: 0 0 0 3px; }
QLineEdit[bare="true"] { background: $clear; border: none; padding: 0; font-size: ${large}px; }
QPlainTextEdit:focus, QTextEdit:focus { border: 2px solid $accent; padding: 5px; }
QLineEdit[invalid="true"], QAbstractSpinBox[invalid="true"], QPlainTextEdit[invalid="true"] { border-color: $error; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled, QPlainTextEdit:disabled, QTextEdit:disabled {
  background: $clear; color: $disabled; border-color: $border;
}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: none; background: $clear; width: 18px; }
QAbstractSpinBox::up-arrow, QAbstractSpinBox::down-arrow { image: none; width: 0; height: 0; }
QAbstractSpinBox QLineEdit, QComboBox QLineEdit { border: none; background: $clear; padding: 0; min-height: 0; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: none; }
QComboBox QAbstractItemView {
  background: $raised; color: $text; border: 1px solid $border; outline: none; padding: 4px;
  selection-background-color: $selection; selection-color: $text;
}
QComboBox QAbstractItemView::item { min-height: ${input}px; padding: 0 6px; border-radius: 5px; }
QComboBox QAbstractItemView::item:selected, QComboBox QAbstractItemView::item:hover { background: $selection; }

QMenu { background: $clear; border: none; padding: 6px; font-size: ${caption}px; }
QMenu::item { padding: 5px 70px 5px 30px; min-height: 16px; }
QMenu::separator { height: 9px; }

QTabBar { font-size: ${body}px; }
QTabBar::tab {
  min-height: ${tab}px; padding: 0; margin: 0 20px 0 0; color: $secondary; background: $clear;
  border: none; border-bottom: 2px solid $clear;
}
QTabBar::tab:first { margin-left: 24px; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:focus { color: $accent; }
QTabBar::tab:disabled { color: $disabled; }

QTableView, QTreeView, QListView {
  background: $surface; color: $text; border: none; outline: none; gridline-color: $grid; font-size: ${caption}px;
  selection-background-color: $selection; selection-color: $text;
}
QListView[floating="true"] { background: $clear; }
QHeaderView { background: $surface; border: none; }
QHeaderView::section {
  background: $surface; color: $secondary; border: none; border-bottom: 1px solid $border; padding: 0 8px;
  min-height: ${row}px; max-height: ${row}px; font-size: ${caption}px; font-weight: 500;
}
QHeaderView::section:hover { color: $text; }
QTableCornerButton::section { background: $surface; border: none; }

QScrollBar { background: $clear; border: none; margin: 0; }
QScrollBar:vertical { width: 10px; }
QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: $thumb; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover, QScrollBar::handle:pressed { background: $control; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: $clear; }

QSplitter::handle { background: $border; }
QSplitter::handle:hover { background: $accent; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
""")


def apply(app: QApplication, theme: Theme, factor: float) -> None:
    """Give the application a theme and a text factor. The sheet comes last: it is what re-resolves all fonts.

    The old one goes first: a sheet that replaces another polishes every widget again for each of those around it, which
    took five times as long.
    """
    app.setStyleSheet("")
    app.setFont(fonts.BODY.font(factor))
    app.setPalette(palette(theme))
    app.setStyleSheet(sheet(theme, factor))


def use_fusion(app: QApplication) -> None:
    """The one widget style that is the same on every system; set it before `apply`."""
    app.setStyle(QStyleFactory.create("Fusion"))


def palette(theme: Theme) -> QPalette:
    """The QPalette of a theme; `Theme.of` finds the way back."""
    made = QPalette()
    for role, colour in _colours(theme).items():
        made.setColor(role, QColor(colour))
    for role in (ROLES.WindowText, ROLES.Text, ROLES.ButtonText, ROLES.HighlightedText, ROLES.PlaceholderText):
        made.setColor(GROUPS.Disabled, role, QColor(theme.disabled))
    made.setColor(GROUPS.Disabled, ROLES.Highlight, QColor(theme.hover))
    return made


def _colours(theme: Theme) -> dict[QPalette.ColorRole, str]:
    return {
        ROLES.Window: theme.window,
        ROLES.WindowText: theme.text,
        ROLES.Base: theme.surface,
        ROLES.AlternateBase: theme.sunken,
        ROLES.Text: theme.text,
        ROLES.Button: theme.surface,
        ROLES.ButtonText: theme.text,
        ROLES.BrightText: theme.accent_text,
        ROLES.ToolTipBase: theme.raised,
        ROLES.ToolTipText: theme.text,
        ROLES.PlaceholderText: theme.secondary,
        ROLES.Highlight: theme.selection,
        ROLES.HighlightedText: theme.text,
        ROLES.Accent: theme.accent,
        ROLES.Link: theme.accent,
        ROLES.LinkVisited: theme.accent,
        ROLES.Light: theme.raised,
        ROLES.Midlight: theme.hover,
        ROLES.Mid: theme.border,
        ROLES.Dark: theme.control,
        ROLES.Shadow: theme.border,
    }


def sheet(theme: Theme, factor: float) -> str:
    """The style sheet of a theme, its lengths in pixels grown by `factor`. Inputs are 26 high, borders included."""
    lengths = {
        "title": fonts.TITLE.pixels,
        "figure": fonts.FIGURE.pixels,
        "body": fonts.BODY.pixels,
        "caption": fonts.CAPTION.pixels,
        "axis": fonts.AXIS.pixels,
        "title_line": fonts.TITLE.line,
        "figure_line": fonts.FIGURE.line,
        "body_line": fonts.BODY.line,
        "caption_line": fonts.CAPTION.line,
        "large": 15,
        "row": 25,
        "tab": 33,
    }
    pixels = {name: fonts.scaled(length, factor) for name, length in lengths.items()}
    input_height = fonts.scaled(26, factor)
    return SHEET.substitute(
        {name: value for name, value in vars(theme).items() if isinstance(value, str)},
        clear=_clear(theme.surface),
        thumb=_mixed(theme.control, theme.surface),
        input=input_height - 2,
        inner=input_height - 4,
        **pixels,
    )


def _mixed(first: str, second: str) -> str:
    """Two colours in equal parts: the scroll bar's thumb is quieter than a control's rim."""
    one, other = QColor(first), QColor(second)
    red, green, blue = one.red() + other.red(), one.green() + other.green(), one.blue() + other.blue()
    return QColor(red // 2, green // 2, blue // 2).name()


def _clear(colour: str) -> str:
    """Nothing to see, but of the theme: a sheet's background becomes the palette's, which `Theme.of` looks at."""
    seen = QColor(colour)
    return f"rgba({seen.red()}, {seen.green()}, {seen.blue()}, 0)"
