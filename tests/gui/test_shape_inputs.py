"""Do the inputs of the Shape page take what people type, and adapt a shape as they should?"""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from app.gpu_probe import FoundGpu, GpuProbe, gpu_in
from app.pages.shape import keeping
from app.pages.shape.adapting import adapt, lock_words
from app.pages.shape.answering import days_words, largest_batch, seconds_words
from app.pages.shape.differences import name_of
from app.widgets.amount_edit import AmountEdit, amount_of, written
from app.widgets.disclosure import Disclosure
from app.widgets.spin import NumberSpin
from lmcore.accounting import Setup, Shape, inverses
from lmcore.accounting.constraints import (
    Heads,
    heads_for,
    neighbours,
    possible_heads,
    snap_context,
    snap_vocabulary,
    snap_width,
    step_among,
    step_width,
)
from lmcore.accounting.kinds import Activations, Attention, Precision, Recomputation
from lmcore.accounting.memory import training_memory
from lmcore.errors import LmError

XL = Shape(50_257, 1024, 48, 1600, 25, 6400)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("300 B", 300 * 10**9),
        ("1.5e12", 1_500_000_000_000),
        ("2,500,000", 2_500_000),
        ("40m", 40_000_000),
        ("0.3 T", 300 * 10**9),
        ("-3", None),
        ("many", None),
        ("", None),
        ("3 Q", None),
        ("1,5 B", 1_500_000_000),
        ("1,5", 15),
        ("1,024k", 1_024_000),
        ("2,50e3", 2_500),
        ("3.7", None),
        ("3.7k", 3_700),
        ("1e21", 10**21),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, amount: int | None) -> None:
    assert amount_of(text) == amount


@given(st.integers(1, 10**20))
def test_what_is_written_is_read_as_the_same(amount: int) -> None:
    assert amount_of(written(amount)) == amount


def test_what_is_vast_is_written_short() -> None:
    assert [written(10**power) for power in (12, 15, 21)] == ["1 T", "1e15", "1e21"]
    assert written(1_234_567 * 10**12) == "1.234567e18"


def test_an_amount_that_cannot_be_is_refused_and_the_last_stays(qtbot: QtBot) -> None:
    edit = AmountEdit("Tokens", 5, 100)
    qtbot.addWidget(edit)
    refused: list[str] = []
    changed: list[int] = []
    edit.refused.connect(refused.append)
    edit.amount_changed.connect(changed.append)
    for text in ("1 B", "0", "7", "7"):
        edit.setText(text)
        edit.editingFinished.emit()
    assert (refused, changed, edit.amount) == (["1 B", "0"], [7], 7)
    assert edit.property("invalid") is False


def test_a_named_value_is_shown_by_its_name(qtbot: QtBot) -> None:
    spin = NumberSpin("KV heads", 0, 64, lenient=True)
    qtbot.addWidget(spin)
    spin.name_value(0, "all")
    assert spin.text() == "all"
    spin.setValue(8)
    assert spin.text() == "8"
    spin.lineEdit().setText("all")
    spin.interpretText()
    assert spin.value() == 0


def test_a_disclosure_opens_and_says_so(qtbot: QtBot) -> None:
    more = Disclosure("More")
    qtbot.addWidget(more)
    heard: list[bool] = []
    more.toggled.connect(heard.append)
    more.set_open(True)
    more.set_open(True)
    assert (more.is_open, heard) == (True, [True])
    more.set_open(False)
    assert (more.is_open, heard) == (False, [True, False])


@given(st.integers(1, 4096).map(lambda n: 8 * n), st.integers(1, 64))
def test_heads_always_divide_d_model_and_have_even_sizes(d_model: int, heads: int) -> None:
    found = heads_for(d_model, Heads(heads, 0), 64.0, rotated=True)
    assert found.queries in possible_heads(d_model, rotated=True)
    assert d_model % found.queries == 0
    assert d_model // found.queries % 2 == 0


@given(st.sampled_from([1, 2, 4, 8]), st.integers(1, 512).map(lambda n: 64 * n))
def test_grouped_heads_stay_groups(keys: int, d_model: int) -> None:
    found = heads_for(d_model, Heads(32, keys), 128.0, rotated=True)
    assert found.queries % found.keys == 0


def test_neighbours_are_what_could_be_typed_instead() -> None:
    assert neighbours([1, 5, 8, 10], 7) == "5 or 8"
    assert neighbours([1, 5], 7) == "5"


@given(st.integers(1, 4_000_000))
def test_sliders_stop_near_where_they_are_dragged_to(value: int) -> None:
    assert abs(snap_context(value) - value) <= max(1, value // 8)
    assert abs(snap_vocabulary(value) - value) <= value / 40 + 1
    assert snap_width(value) % 8 == 0
    assert abs(snap_width(value) - value) <= max(8, value // 8)


@pytest.mark.parametrize(("precision", "attention"), [("fp32", "manual"), ("bf16-autocast", "flash")])
@given(
    batch=st.integers(1, 50),
    memory=st.integers(0, 10**12),
    activations=st.sampled_from(list(Activations)),
    again=st.sampled_from(list(Recomputation)),
)
def test_the_largest_batch_is_the_one_that_is_found_by_halving(
    precision: str, attention: str, batch: int, memory: int, activations: Activations, again: Recomputation
) -> None:
    setup = Setup(
        batch=batch,
        precision=Precision(precision),
        attention=Attention(attention),
        activations=activations,
        recomputation=again,
    )
    here = training_memory(XL, setup).amount
    each = training_memory(XL, replace(setup, batch=batch + 1)).amount - here
    assert largest_batch(here - batch * each, each, memory) == inverses.largest_batch(XL, setup, memory)


def test_a_change_says_what_it_brought() -> None:
    first = replace(keeping.first(), follows=True)
    adapted = adapt(first, first, "d_model", 768)
    assert (adapted.chosen.shape.num_heads, adapted.chosen.shape.d_ff) == (12, 2048)
    assert adapted.words == (
        "Heads 25 → 12, so that they divide d_model 768 · d_ff 6,400 → 2,048, as it follows 8/3 · d_model"
    )
    assert lock_words(adapted.chosen) == "d_ff follows 8/3 · d_model: 2,048"


def test_heads_with_a_size_of_their_own_need_not_divide() -> None:
    first = keeping.first()
    own = replace(first, shape=replace(first.shape, d_head=64))
    assert adapt(own, own, "num_heads", 7).chosen.shape.num_heads == 7
    with pytest.raises(LmError, match="7 heads do not divide d_model 1,600; try 5 or 8"):
        adapt(first, first, "num_heads", 7)


@pytest.mark.parametrize(
    ("printed", "found"),
    [
        ("NVIDIA A100-SXM4-80GB, 81920\n", FoundGpu("NVIDIA A100-SXM4-80GB", 81920 << 20)),
        ("A, 10\nB, 20\n", FoundGpu("A", 10 << 20)),
        ("No devices were found\n", None),
        ("", None),
    ],
)
def test_the_drivers_words_are_read(printed: str, found: FoundGpu | None) -> None:
    assert gpu_in(printed) == found


def test_a_machine_without_the_tool_has_no_gpu(qtbot: QtBot) -> None:
    probe = GpuProbe(None, "no-such-program-anywhere")  # type: ignore[arg-type]
    with qtbot.waitSignal(probe.found, timeout=10_000) as heard:
        probe.start()
    assert heard.args == [None]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (Fraction(1, 10**5), "10.0 µs"),
        (Fraction(139, 100), "1.4 s"),
        (Fraction(3 * 86_400), "3.00 days"),
        (Fraction(65_836 * 8640), "6,583.6 days"),
        (Fraction(10**6 * 86_400), "2,740 years"),
    ],
)
def test_times_are_said_in_the_unit_that_fits(seconds: Fraction, words: str) -> None:
    assert seconds_words(seconds) == words
    if seconds >= 2 * 86_400:
        assert days_words(seconds) == words


@given(value=st.integers(8, 200_000), steps=st.integers(1, 12))
@example(value=3_328, steps=12)
@example(value=248, steps=1)
def test_steps_of_a_width_go_from_place_to_place(value: int, steps: int) -> None:
    up, down = step_width(value, steps), step_width(value, -steps)
    assert down <= max(8, value - 1)
    assert value < up
    assert snap_width(up) == up
    assert snap_width(down) == down
    assert step_width(step_width(up, -1), 1) == up


def test_steps_among_some_end_at_the_last() -> None:
    assert step_among([1, 5, 8], 5, 1) == step_among([1, 5, 8], 5, 9) == 8
    assert step_among([1, 5, 8], 6, -1) == 5
    assert step_among([1, 5, 8], 1, -1) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "XL"),
        ({"num_layers": 1}, "XL with 1 layer"),
        ({"tied": True, "vocab_size": 10_000}, "XL with vocabulary 10,000 and a tied head"),
        ({"num_kv_heads": 5, "qk_norm": True}, "XL with 5 KV heads and QK-norm on"),
        ({"norm": "layernorm", "norm_place": "both"}, "XL with norm LayerNorm and norm place both"),
        ({"num_experts": 8, "active_experts": 2}, "XL with 8 experts and active experts 2"),
        ({"rope_theta": 500_000.0, "feed_forward": "gelu"}, "XL with GELU and RoPE’s base 500,000"),
        (
            {"position": "none", "bias": "all", "d_head": 128},
            "XL with head size 128, positions none and biases all linears",
        ),
    ],
)
def test_a_changed_shape_is_called_by_what_was_changed(changes: dict[str, Any], words: str) -> None:
    assert name_of("XL", replace(XL, **changes), XL) == words
