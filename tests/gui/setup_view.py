"""What do the tests of the set-up of a training share? The view on a machine that is known, its data counted."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.pages.training.setup import SetupView
from app.session import Session
from app.widgets.buttons import Button
from lmcore.generators import result_of
from lmcore.training.machine import Machine

PATIENCE = 60_000
CPU = Machine("cpu", "CPU, 2 cores", 25 * 10**9, 20 * 10**9, 2, 6e10, 1.4e12, "measured", 2, True)


class Asked:
    """What a view asked for."""

    def __init__(self, view: SetupView) -> None:
        self.starts: list[tuple[dict[str, Any], bool]] = []
        view.start_asked.connect(lambda tables, queue: self.starts.append((tables, queue)))


def shown(qtbot: QtBot, session: Session) -> SetupView:
    """A view on a machine that was looked at before, its data counted."""
    session.settings.set_machine("auto", json.dumps(asdict(CPU)))
    made = result_of(SetupView.making(session))
    qtbot.addWidget(made)
    made.resize(1256, 800)
    made.show()
    wait(qtbot, made)
    return made


def wait(qtbot: QtBot, view: SetupView) -> None:
    qtbot.waitUntil(lambda: None not in (view.state.facts, view.state.around) and view.state.rests, timeout=PATIENCE)


@pytest.fixture
def setup_view(qtbot: QtBot, kernels: None, session: Session) -> Iterator[SetupView]:
    made = shown(qtbot, session)
    yield made
    made.close_jobs()
    qtbot.waitUntil(lambda: not session.jobs.running, timeout=PATIENCE)


def enter(edit: QLineEdit, text: str) -> None:
    """Type, and press Enter."""
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, text)
    QTest.keyClick(edit, Qt.Key.Key_Return)


def click(button: Button) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
