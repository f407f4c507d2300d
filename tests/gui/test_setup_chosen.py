"""Does a set-up keep what was chosen: amounts from one another, files there and back, sweeps, what follows of what?"""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pages.training.setup import sweeping
from app.pages.training.setup.chosen import (
    Chosen,
    changed,
    first,
    model_of,
    suggested,
    taken,
    with_steps,
    with_time,
    with_tokens,
)
from app.pages.training.setup.counting import Facts
from app.pages.training.setup.durations import seconds_of
from app.pages.training.setup.outlook import look, memory_parts
from app.pages.training.setup.toml_text import kept, remembered, toml_of
from lmcore import figures
from lmcore.accounting.presets import all_presets
from lmcore.model.shapes import architecture_of_shape
from lmcore.training.config import config_of
from lmcore.training.machine import Machine
from lmcore.training.planning import fits, forecast
from lmcore.training.settings import ConfigError
from lmcore.training.suggesting import suggested as suggestion
from lmcore.training.sweeps import members

FACTS = Facts(430_000, False, 1_746_919, 10_000, bytes_a_token=4.06)
CPU = Machine("cpu", "CPU, 2 cores", 25 * 10**9, 20 * 10**9, 2, 6e10, 1.4e12, "measured", 2, True)


def test_amounts_follow_from_one_another() -> None:
    chosen = changed(first(), "training", batch_size=10)
    chosen, outlook = look(with_steps(chosen, 70), FACTS, CPU)
    assert outlook.tokens == 70 * 10 * 128
    chosen, outlook = look(with_tokens(chosen, outlook.tokens + 1), FACTS, CPU)
    assert outlook.steps == 71
    seconds = 600.0
    chosen, outlook = look(with_time(chosen, seconds), FACTS, CPU)
    assert outlook.forecast is not None
    a_step = outlook.forecast.seconds / outlook.steps
    assert seconds - a_step < outlook.forecast.seconds <= seconds


@pytest.mark.parametrize("amount", ["steps", "tokens", "time"])
def test_what_was_set_last_stays_when_the_batch_changes(amount: str) -> None:
    before = {
        "steps": with_steps(first(), 600),
        "tokens": with_tokens(first(), 1_000_000),
        "time": with_time(first(), 300),
    }
    chosen, was = look(before[amount], FACTS, CPU)
    chosen, now = look(changed(chosen, "training", batch_size=64), FACTS, CPU)
    assert was.forecast is not None
    assert now.forecast is not None
    same = {
        "steps": now.steps == was.steps,
        "tokens": 0 <= now.tokens - 1_000_000 < 64 * 128,
        "time": now.forecast.seconds == pytest.approx(was.forecast.seconds, rel=0.02),
    }
    stay = {"steps": ["steps"], "tokens": ["tokens", "time"], "time": ["time"]}  # at one rate, tokens are time
    assert [name for name, holds in same.items() if holds] == stay[amount]


def test_a_file_gives_the_same_settings_back(tmp_path: Path) -> None:
    chosen, _ = look(with_tokens(first(), 1_234_567), FACTS, CPU)
    chosen = changed(chosen, "evaluation", prompts=("Once “upon”\t", "", "ü \x7f"))
    sweep = {"optimizer.learning_rate": sweeping.read("", "1e-4 to 1e-2 in 3"), "model.tied": [True, False]}
    chosen = replace(chosen, sweep=sweep)
    again = taken(tomllib.loads(toml_of(chosen)), tmp_path)
    assert again.config == chosen.config
    assert again.sweep == chosen.sweep
    assert again.amount == "tokens"
    assert [one.config for one in members(again.tables)] == [one.config for one in members(chosen.tables)]


def test_what_was_chosen_is_remembered_and_rubbish_is_not() -> None:
    chosen, _ = look(with_time(changed(first(), "optimizer", kind="muon"), 1_000.0), FACTS, CPU)
    chosen = replace(chosen, sweep={"training.seed": [1, 2]})
    assert remembered(kept(chosen)) == chosen
    for written in ("", "{}", "[1]", kept(chosen).replace('"muon"', '"prodigy"'), kept(chosen)[:-3]):
        assert remembered(written) == first()


def test_a_setting_that_cannot_be_names_its_key() -> None:
    with pytest.raises(ConfigError, match=r"^optimizer\.learning_rat is no setting; did you mean learning_rate"):
        taken({**first().tables, "optimizer": {"learning_rat": 1}})
    with pytest.raises(ConfigError, match=r"^training\.batch_size is 0"):
        changed(first(), "training", batch_size=0)


def test_intervals_follow_the_steps_until_they_are_set() -> None:
    chosen, _ = look(with_steps(first(), 2_000), FACTS, CPU)
    assert (chosen.config.evaluation.every, chosen.config.checkpoint.every) == (100, 200)
    chosen = changed(chosen, "evaluation", every=7)
    chosen, _ = look(with_steps(chosen, 400), FACTS, CPU)
    assert (chosen.config.evaluation.every, chosen.config.checkpoint.every) == (7, 40)
    assert chosen.config.schedule.warmup_steps == 20


def test_the_name_says_what_is_chosen_until_it_has_another() -> None:
    chosen, _ = look(changed(first(), "optimizer", learning_rate=1e-3), FACTS, CPU)
    assert chosen.config.name == "sample-128-lr1e-3"
    chosen, _ = look(replace(chosen, sweep={"optimizer.learning_rate": [1e-3, 3e-3]}), FACTS, CPU)
    assert chosen.config.name == "sample-128"
    own = replace(chosen, config=replace(chosen.config, name="mine"), touched=chosen.touched | {"name"})
    assert look(changed(own, "model", d_model=64), FACTS, CPU)[0].config.name == "mine"


def test_the_forecast_is_that_of_planning() -> None:
    chosen, outlook = look(changed(first(), "data", validation_fraction=0.1), FACTS, CPU)
    shape = chosen.config.model.shape(FACTS.vocab_size)
    assert outlook.train_tokens == 387_000
    assert outlook.forecast == forecast(shape, chosen.config, 387_000, CPU)
    assert outlook.forecast is not None
    assert sum(part.amount for part in memory_parts(shape, outlook.forecast)) == outlook.forecast.memory
    assert [part.name for part in outlook.memory] == ["Weights", "Gradients", "Optimizer", "Activations", "Process"]


def test_what_cannot_be_is_said_by_its_key() -> None:
    heads = look(changed(first(), "model", num_heads=7), FACTS, CPU)[1]
    assert list(heads.troubles) == ["model.num_heads"]
    assert "does not divide d_model" in heads.trouble
    small = replace(CPU, free=10**8)
    assert look(first(), FACTS, small)[1].troubles["memory"] == fits(
        forecast(first().config.model.shape(10_000), look(first(), FACTS, small)[0].config, 408_500, small), small
    )
    short = look(first(), replace(FACTS, tokens=2_000), CPU)[1]
    assert "100 tokens" in short.troubles["data.validation_fraction"]
    assert not look(first(), replace(FACTS, tokens=2_580), CPU)[1].troubles  # 129 of them: a context and the next
    swept = look(replace(first(), sweep={"training.batch_size": [0, 8]}), FACTS, CPU)[1]
    assert "training.batch_size is 0" in swept.troubles["sweep"]


def test_a_suggestion_keeps_the_data_and_what_is_not_suggested() -> None:
    before = changed(changed(first(), "data", validation_fraction=0.2), "evaluation", prompts=("Call me",))
    after = suggested(before, suggestion(CPU, 400_000, 10_000))
    assert after.config.data == before.config.data
    assert after.config.evaluation.prompts == ("Call me",)
    assert after.is_suggested
    assert not changed(after, "model", d_model=64).is_suggested
    seconds = look(after, FACTS, CPU)[1]
    assert seconds.forecast is not None
    assert 30 < seconds.forecast.seconds <= 310  # minutes on a processor


def test_every_preset_becomes_a_model_that_can_be_trained() -> None:
    for preset in all_presets():
        model, words = model_of(preset.shape)
        shape = model.shape(1_000)
        architecture_of_shape(shape)
        assert (shape.d_model, shape.num_layers) == (preset.shape.d_model, preset.shape.num_layers)
        exact = replace(preset.shape, vocab_size=1_000) == shape
        assert bool(words) != exact, preset.name


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("1e-4, 3e-4,1e-3", [1e-4, 3e-4, 1e-3]),
        ("8,16", [8, 16]),
        ("pre, none", ["pre", "none"]),
        ("true", [True]),
        ("1e-4 to 1e-1 in 4", {"from": 1e-4, "to": 1e-1, "number": 4, "scale": "log"}),
        ("64 to 256 in 3 linear", {"from": 64, "to": 256, "number": 3, "scale": "linear"}),
    ],
)
def test_a_sweep_is_typed_and_written_back(text: str, given: object) -> None:
    assert sweeping.read("key", text) == given
    assert sweeping.read("key", sweeping.written(given)) == given


def test_every_key_that_is_offered_can_be_swept() -> None:
    for key in sweeping.offered():
        table, _, name = key.partition(".")
        assert hasattr(getattr(first().config, table), name)
    with pytest.raises(ConfigError, match="give values"):
        sweeping.read("optimizer.eps", " , ")


@given(st.floats(1.0, 3e8))
def test_a_time_is_read_as_it_is_written(seconds: float) -> None:
    read = seconds_of(figures.duration(seconds))
    assert read is not None
    assert figures.duration(read) == figures.duration(seconds)


@pytest.mark.parametrize(("text", "seconds"), [("2 h 30 min", 9_000), ("1.5", 5_400), ("90s", 90), ("5 m", 300)])
def test_times_as_people_type_them(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "5 min ago", "0", "-1 h", "1e9 d"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert seconds_of(text) is None


def test_tables_are_those_of_a_config_with_its_sweep() -> None:
    chosen: Chosen = replace(first(), sweep={"training.seed": [1, 2, 3]})
    assert config_of({key: value for key, value in chosen.tables.items() if key != "sweep"}) == chosen.config
    assert len(members(chosen.tables)) == look(chosen, FACTS, CPU)[1].runs == 3
