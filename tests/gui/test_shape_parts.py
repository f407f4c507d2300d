"""Do the tables and figures of the Shape page say what they are given, and what follows from it?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QHBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.pages.shape import units
from app.pages.shape.compare_pane import ComparePane, Comparison, PartName, PinnedRow, sentence
from app.pages.shape.measure_pane import MeasurePane, Prediction
from app.pages.shape.table_pane import Line, Sheet, TablePane, markdown
from app.theme import Theme
from app.widgets.answers import Answer, Answers
from app.widgets.number_field import NumberField
from tests.gui.shots import ALLOWED, Shot

PARTS = (
    PartName("feed-forward", "FFN", 0),
    PartName("projections", "QKVO", 1),
    PartName("attention", "Attention", 2),
    PartName("head", "Head", 3),
)
SMALL = PinnedRow("Small", "190,460,160", "0.350", (49.80, 16.60, 11.06, 22.56))
XL = PinnedRow("XL", "2,127,057,600", "4.513", (66.92, 22.30, 7.14, 3.65), current=True)
SIZES = Comparison("pinned shapes; FLOPs of one forward", "TFLOP", PARTS, (SMALL, XL))
SHEET = Sheet(
    "Matrix products",
    "2·m·n·p each, attention over the full T²",
    (),
    ("Product", "Shapes", "Formula", "FLOPs, forward"),
    (
        Line("Query, key, value", "3 · [T×d]·[d×d]", "6·T·d²·L", "754,974,720,000", "16.7 %", 1, path=("projections",)),
        Line("LM head", "[T×d]·[d×V]", "2·T·d·V", "164,682,137,600", "3.6 %", 3, path=("lm_head",)),
    ),
    "4,513,336,524,800",
)


def on_surface(widget: QWidget, width: int, height: int) -> QWidget:
    """The widget on a pane of the window's colour."""
    pane = QWidget()
    line = QHBoxLayout(pane)
    line.addWidget(widget)
    pane.resize(width, height)
    return pane


def test_the_sentence_is_computed_from_the_shares() -> None:
    assert sentence(SIZES) == (
        "From small to XL, feed-forward and projections grow: 49.8 → 66.9 % and 16.6 → 22.3 %. "
        "Attention and head shrink: 11.1 → 7.1 % and 22.6 → 3.6 %."
    )


NOTHING = "Nothing is pinned yet. Pin this shape, or four sizes of GPT-2, to see what changes from one to another."


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ((), NOTHING),
        ((XL,), "Only XL is pinned. Pin another shape to see which parts grow and which shrink."),
        ((XL, XL._replace(name="Other")), "From XL to Other, all shares are the same."),
        (
            (XL, XL._replace(name="B", shares=(66.92, 22.30, 6.14, 4.65))),
            "From XL to B, head grows: 3.6 → 4.7 %. Attention shrinks: 7.1 → 6.1 %.",
        ),
        (
            (XL, XL._replace(name="B", shares=(66.92, 23.30, 6.14, 3.65))),
            "From XL to B, projections grow: 22.3 → 23.3 %. Attention shrinks: 7.1 → 6.1 %.",
        ),
    ],
)
def test_the_sentence_suits_what_is_pinned(rows: tuple[PinnedRow, ...], told: str) -> None:
    assert sentence(SIZES._replace(rows=rows)) == told


def test_a_pinned_row_is_used_by_a_click_and_removed_by_a_key(qtbot: QtBot) -> None:
    pane = ComparePane()
    qtbot.addWidget(pane)
    pane.resize(900, 240)
    pane.show_comparison(SIZES)
    pane.show()
    used: list[int] = []
    removed: list[int] = []
    pane.used.connect(used.append)
    pane.removed.connect(removed.append)
    QTest.mouseClick(pane.table, Qt.MouseButton.LeftButton, pos=QPoint(30, 75))
    pane.table.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Delete):
        QTest.keyClick(pane.table, key)
    assert (used, removed) == ([1], [0])


def test_a_line_opens_only_where_there_is_more_inside(qtbot: QtBot) -> None:
    pane = TablePane()
    qtbot.addWidget(pane)
    pane.resize(900, 240)
    pane.show_sheet(SHEET)
    pane.show()
    opened: list[tuple[str, ...]] = []
    left: list[bool] = []
    pane.opened.connect(opened.append)
    pane.left.connect(lambda: left.append(True))
    QTest.mouseClick(pane.table, Qt.MouseButton.LeftButton, pos=QPoint(30, 40))
    QTest.mouseClick(pane.table, Qt.MouseButton.LeftButton, pos=QPoint(30, 70))
    QTest.mouseClick(pane.table, Qt.MouseButton.LeftButton, pos=QPoint(30, 100))
    assert opened == [("projections",), ("lm_head",)], "the total leads nowhere"
    QTest.keyClick(pane.table, Qt.Key.Key_Backspace)
    assert left == [], "there is no way back from the whole"
    pane.show_sheet(SHEET._replace(path=("Projections",)))
    QTest.mouseClick(pane.table, Qt.MouseButton.LeftButton, pos=QPoint(30, 40))
    assert len(opened) == 2, "there is nothing more inside of a matrix"
    QTest.keyClick(pane.table, Qt.Key.Key_Backspace)
    assert left == [True]


def test_the_table_is_copied_as_markdown() -> None:
    lines = markdown(SHEET).splitlines()
    assert lines[0] == "| Product | Shapes | Formula | FLOPs, forward | Share |"
    assert lines[2] == "| Query, key, value | 3 · [T×d]·[d×d] | 6·T·d²·L | 754,974,720,000 | 16.7 % |"
    assert lines[-1] == "| Total |  |  | 4,513,336,524,800 | 100.0 % |"


def test_tables_look_as_they_did(qtbot: QtBot, theme: Theme, shot: Shot) -> None:
    compare, table = ComparePane(), TablePane()
    compare.show_comparison(SIZES)
    table.show_sheet(SHEET)
    for widget, name, height in ((compare, "compare", 190), (table, "shape-table", 160)):
        pane = on_surface(widget, 960, height)
        qtbot.addWidget(pane)
        assert shot(pane, f"{name}-{theme.name}") < ALLOWED


def test_predicted_and_measured_stand_beside_each_other(qtbot: QtBot) -> None:
    pane = MeasurePane()
    qtbot.addWidget(pane)
    pane.begin(Prediction("Small", {"parameters": 100, "activations": 1000, "memory": 5e9, "seconds": None}))
    assert pane.rows[0] == ["Parameters", "100", "…", "", ""]
    pane.add({"event": "Measured", "quantity": "parameters", "value": 100, "where": "meta device"})
    pane.add({"event": "Measured", "quantity": "activations", "value": 998, "where": "tensors without data"})
    pane.add({"event": "LeftOut", "quantity": "memory", "reason": "needs 5.00 GB, 1.00 GB are free"})
    pane.add({"event": "Measured", "quantity": "seconds", "value": 0.25, "where": "CPU, 2 cores"})
    pane.end("done")
    assert pane.rows[0] == ["Parameters", "100", "100", "none", "meta device"]
    assert pane.rows[3] == ["Activations kept, bytes", "1,000", "998", "−0.20 %", "tensors without data"]
    assert pane.rows[4] == ["Memory of a step", "5.00 GB", "–", "", "needs 5.00 GB, 1.00 GB are free"]
    assert pane.rows[5] == ["Time of a step", "–", "0.2 s", "–", "CPU, 2 cores"]


@pytest.mark.parametrize(("where", "told"), [("CPU, 2 cores", "another device"), ("NVIDIA A100-SXM4-80GB", "+100 %")])
def test_seconds_are_compared_only_on_the_same_device(qtbot: QtBot, where: str, told: str) -> None:
    pane = MeasurePane()
    qtbot.addWidget(pane)
    pane.begin(Prediction("Small", {"seconds": 2.0}, "A100 80 GB"))
    pane.add({"event": "Measured", "quantity": "seconds", "value": 4.0, "where": where})
    assert pane.rows[5][3] == told


def test_an_answer_tells_how_it_was_computed(qtbot: QtBot) -> None:
    row = Answers("Training", 2)
    qtbot.addWidget(row)
    row.resize(400, 80)
    row.show_answers(
        [Answer("49.55 GB", ("of 80 GB", "on A100"), told="16 bytes a parameter"), Answer("2", ("a", "b"))]
    )
    assert row.told_at(QPointF(10, 10)) == "16 bytes a parameter"
    assert row.told_at(QPointF(210, 10)) == "a b"
    assert row.accessibleDescription() == "49.55 GB of 80 GB on A100; 2 a b"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (units.parameters(2_127_057_600), "2.127 billion"),
        (units.parameters(999), "999"),
        (units.parameters(999_960), "1.000 million"),
        (units.parameters(10**15), "1.000 quadrillion"),
        (units.flops(4_513_336_524_800), "4.513 TFLOP"),
        (units.size(49_553_000_000), "49.55 GB"),
        (units.binary_size(2**30), "1.000 GiB"),
        (units.size(0), "0 bytes"),
    ],
)
def test_quantities_have_readable_units(told: units.Told, expected: str) -> None:
    assert str(told) == expected


@given(st.integers(1, 10**26))
def test_no_figure_needs_five_digits(number: int) -> None:
    figure = units.flops(number).figure.replace(",", "")
    assert 0 < float(figure) < 1000
    assert len(figure.replace(".", "")) <= 4


@pytest.mark.parametrize(("typed", "refused"), [("0", 0), ("-5", -5), ("99999999999999", 2**31 - 1)])
def test_a_lenient_field_tells_what_it_cannot_have_and_keeps_its_value(qtbot: QtBot, typed: str, refused: int) -> None:
    field = NumberField("Layers", 1, 1_000, logarithmic=True, lenient=True)
    qtbot.addWidget(field)
    field.show()
    field.set_value(48)
    told: list[int] = []
    changed: list[int] = []
    field.refused.connect(told.append)
    field.value_changed.connect(changed.append)
    field.spin.selectAll()
    QTest.keyClicks(field.spin, typed)
    QTest.keyClick(field.spin, Qt.Key.Key_Return)
    assert (told, changed, field.value) == ([refused], [], 48)
    assert field.spin.property("invalid") is True
    field.set_value(48)
    assert field.spin.property("invalid") is False
    assert field.spin.value() == 48


def test_a_lenient_field_steps_only_within_its_range(qtbot: QtBot) -> None:
    field = NumberField("Layers", 1, 1_000, logarithmic=True, lenient=True)
    qtbot.addWidget(field)
    field.spin.stepDown()
    assert field.value == 1
    field.spin.setValue(1_000)
    field.spin.stepUp()
    assert field.value == 1_000
