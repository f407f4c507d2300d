"""Which commands does the window itself offer? Pages, theme, text size, help, and the end."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QWidget

from app.appearance import Appearance
from app.commands import Command
from app.pages import PageSpec
from app.settings import ThemeChoice
from app.widgets.menu import Menu

THEMES: tuple[tuple[ThemeChoice, str, str], ...] = (
    ("system", "Use the system’s theme", "monitor"),
    ("light", "Use the light theme", "sun"),
    ("dark", "Use the dark theme", "moon"),
)


@dataclass(frozen=True)
class WindowActions:
    """What the window can do for these commands."""

    visit: Callable[[str], object]
    show_palette: Callable[[], object]
    show_keys: Callable[[], object]
    open_log: Callable[[], object]
    close: Callable[[], object]


def page_commands(specs: Iterable[PageSpec], visit: Callable[[str], object]) -> list[Command]:
    """One command for each page that is in the rail."""
    return [
        Command(spec.title, partial(visit, spec.key), spec.icon, shortcut=spec.shortcut, words="go to page")
        for spec in specs
        if spec.group
    ]


def window_commands(appearance: Appearance, actions: WindowActions) -> list[Command]:
    """The commands that belong to no page."""
    return [
        *theme_commands(appearance),
        *zoom_commands(appearance),
        Command("Show the command palette", actions.show_palette, "command", shortcut="Ctrl+Shift+P"),
        Command("Show all keys", actions.show_keys, "keyboard", shortcut="F1; ?; Shift+?", words="shortcut list help"),
        Command("Show the component sheet", lambda: actions.visit("components"), "layers", words="design style"),
        Command("Open the log file", actions.open_log, "file-text", words="errors problems"),
        Command("Quit LM Explorer", actions.close, "x", shortcut="Ctrl+Q", words="exit close leave"),
    ]


def theme_commands(appearance: Appearance) -> list[Command]:
    """The three themes, and the switch between the two that have colours."""
    named = [
        Command(title, partial(appearance.choose, choice), icon, words="appearance colour")
        for choice, title, icon in THEMES
    ]
    return [*named, Command("Switch light and dark", appearance.toggle, "moon", shortcut="Ctrl+Shift+L", words="theme")]


def zoom_commands(appearance: Appearance) -> list[Command]:
    """Text larger, smaller, and as drawn."""
    return [
        Command("Make text larger", lambda: appearance.zoom(1), "plus", shortcut="Ctrl++; Ctrl+=", words="zoom font"),
        Command("Make text smaller", lambda: appearance.zoom(-1), "minus", shortcut="Ctrl+-", words="zoom font size"),
        Command("Make text the usual size", lambda: appearance.zoom(0), "rotate-ccw", shortcut="Ctrl+0", words="zoom"),
    ]


def view_menu(parent: QWidget, appearance: Appearance, keys: Command) -> Menu:
    """The menu of theme and text size, the chosen theme ticked."""
    menu = Menu(parent)
    for choice, title, icon in THEMES:
        action = menu.add(title, partial(appearance.choose, choice), icon=icon)
        action.setCheckable(True)
        action.setChecked(appearance.choice == choice)
    menu.addSeparator()
    for command in (*zoom_commands(appearance), keys):
        menu.add(command.title, command.run, icon=command.icon, keys=command.keys)
    return menu
