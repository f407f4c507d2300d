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
from app.pages.training.setup.durations import seconds_of, unit_of
from app.pages.training.setup.forecast_pane import amounts
from app.pages.training.setup.judging import Known
from app.pages.training.setup.naming import distinct
from app.pages.training.setup.outlook import Outlook, look, memory_parts, with_total
from app.pages.training.setup.surroundings import Around, at_rest
from app.pages.training.setup.toml_text import kept, remembered, toml_of
from app.pages.training.setup.totals import looking
from app.widgets.run_extent import config_number
from lmcore import figures
from lmcore.accounting.presets import all_presets
from lmcore.generators import result_of
from lmcore.model.shapes import architecture_of_shape
from lmcore.training.config import config_of
from lmcore.training.machine import Machine
from lmcore.training.planning import fits, forecast
from lmcore.training.settings import ConfigError
from lmcore.training.shares import Measured
from lmcore.training.suggesting import suggested as suggestion
from lmcore.training.sweeps import members

FACTS = Facts(430_000, False, 1_746_919, 10_000, bytes_a_token=4.06)
CPU = Machine("cpu", "CPU, 2 cores", 25 * 10**9, 20 * 10**9, 2, 6e10, 1.4e12, "measured", 2, True)


def test_amounts_follow_from_one_another() -> None:
    chosen = changed(first(), "training", batch_size=10)
    chosen, outlook = look(with_steps(chosen, 70), Known(FACTS, CPU))
    assert outlook.tokens == 70 * 10 * 128
    chosen, outlook = look(with_tokens(chosen, outlook.tokens + 1), Known(FACTS, CPU))
    assert outlook.steps == 71
    seconds = 600.0
    chosen, outlook = look(with_time(chosen, seconds), Known(FACTS, CPU))
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
    chosen, was = look(before[amount], Known(FACTS, CPU))
    chosen, now = look(changed(chosen, "training", batch_size=64), Known(FACTS, CPU))
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
    chosen, _ = look(with_tokens(first(), 1_234_567), Known(FACTS, CPU))
    chosen = changed(chosen, "evaluation", prompts=("Once “upon”\t", "", "ü \x7f"))
    sweep = {"optimizer.learning_rate": sweeping.read("", "1e-4 to 1e-2 in 3"), "model.tied": [True, False]}
    chosen = replace(chosen, sweep=sweep)
    again = taken(tomllib.loads(toml_of(chosen)), tmp_path)
    assert again.config == chosen.config
    assert again.sweep == chosen.sweep
    assert again.amount == "tokens"
    assert [one.config for one in members(again.tables)] == [one.config for one in members(chosen.tables)]


def test_what_was_chosen_is_remembered_and_rubbish_is_not() -> None:
    chosen, _ = look(with_time(changed(first(), "optimizer", kind="muon"), 1_000.0), Known(FACTS, CPU))
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
    chosen, _ = look(with_steps(first(), 2_000), Known(FACTS, CPU))
    assert (chosen.config.evaluation.every, chosen.config.checkpoint.every) == (100, 200)
    chosen = changed(chosen, "evaluation", every=7)
    chosen, _ = look(with_steps(chosen, 400), Known(FACTS, CPU))
    assert (chosen.config.evaluation.every, chosen.config.checkpoint.every) == (7, 40)
    assert chosen.config.schedule.warmup_steps == 20


def test_no_checkpoint_is_removed_because_another_interval_was_typed() -> None:
    """Those that stay follow the interval, or all but the common multiples would go."""
    chosen = with_steps(first(), 300)
    all_kept = replace(chosen.config.checkpoint, every=30, keep_every=30)
    chosen = changed(replace(chosen, config=replace(chosen.config, checkpoint=all_kept)), "checkpoint", every=25)
    chosen, _ = look(chosen, Known(FACTS, CPU))
    assert (chosen.config.checkpoint.every, chosen.config.checkpoint.keep_every) == (25, 25)
    chosen, _ = look(changed(chosen, "checkpoint", keep_every=100), Known(FACTS, CPU))
    assert (chosen.config.checkpoint.every, chosen.config.checkpoint.keep_every) == (25, 100)


def test_the_name_says_what_is_chosen_until_it_has_another() -> None:
    chosen, _ = look(changed(first(), "optimizer", learning_rate=1e-3), Known(FACTS, CPU))
    assert chosen.config.name == "sample-128-lr1e-3"
    chosen, _ = look(replace(chosen, sweep={"optimizer.learning_rate": [1e-3, 3e-3]}), Known(FACTS, CPU))
    assert chosen.config.name == "sample-128"
    own = replace(chosen, config=replace(chosen.config, name="mine"), touched=chosen.touched | {"name"})
    assert look(changed(own, "model", d_model=64), Known(FACTS, CPU))[0].config.name == "mine"


def test_the_forecast_is_that_of_planning() -> None:
    chosen, outlook = look(changed(first(), "data", validation_fraction=0.1), Known(FACTS, CPU))
    shape = chosen.config.model.shape(FACTS.vocab_size)
    assert outlook.train_tokens == 387_000
    assert outlook.forecast == forecast(shape, chosen.config, 387_000, CPU)
    assert outlook.forecast is not None
    assert sum(part.amount for part in memory_parts(outlook.forecast)) == outlook.forecast.memory
    assert [part.name for part in outlook.memory] == ["Weights", "Gradients", "Optimizer", "Activations", "Process"]


def test_what_cannot_be_is_said_by_its_key() -> None:
    heads = look(changed(first(), "model", num_heads=7), Known(FACTS, CPU))[1]
    assert list(heads.troubles) == ["model.num_heads"]
    assert "does not divide d_model" in heads.trouble
    small = replace(CPU, free=10**8)
    assert look(first(), Known(FACTS, small))[1].troubles["memory"] == fits(
        forecast(first().config.model.shape(10_000), look(first(), Known(FACTS, small))[0].config, 408_500, small),
        small,
    )
    short = look(first(), Known(replace(FACTS, tokens=2_000), CPU))[1]
    assert "100 tokens" in short.troubles["data.validation_fraction"]
    assert not look(first(), Known(replace(FACTS, tokens=2_580), CPU))[
        1
    ].troubles  # 129 of them: a context and the next


def test_a_suggestion_keeps_the_data_and_what_is_not_suggested() -> None:
    before = changed(changed(first(), "data", validation_fraction=0.2), "evaluation", prompts=("Call me",))
    after = suggested(before, suggestion(CPU, 400_000, 10_000))
    assert after.config.data == before.config.data
    assert after.config.evaluation.prompts == ("Call me",)
    assert after.is_suggested
    assert not changed(after, "model", d_model=64).is_suggested
    seconds = look(after, Known(FACTS, CPU))[1]
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


@pytest.mark.parametrize(
    ("rate", "offered"),
    [
        (1e-3, "3e-4, 1e-3, 3e-3"),
        (5e-3, "1.5e-3, 5e-3, 1.5e-2"),
        (3e-4, "1e-4, 3e-4, 1e-3"),
        (7.3e-4, "2e-4, 7.3e-4, 2e-3"),
        (0.5, "0.15, 0.5, 1.5"),
    ],
)
def test_the_rates_that_are_offered_stand_around_the_present_one(rate: float, offered: str) -> None:
    assert sweeping.around(rate) == offered


def test_one_value_is_spelt_the_same_in_the_set_up_in_the_names_of_the_runs_and_in_their_table() -> None:
    chosen = replace(first(), sweep={"optimizer.learning_rate": sweeping.read("", "1e-3, 0.01, 100, 1.5e-5")})
    outlook = look(chosen, Known(FACTS, CPU))[1]
    spelt = outlook.swept["optimizer.learning_rate"]
    assert spelt == ("1e-3", "1e-2", "100", "1.5e-5")
    made = [one.config for one in members(chosen.tables)]
    assert [config.name.rpartition(" ")[2] for config in made] == list(spelt)
    assert tuple(config_number(config.optimizer.learning_rate) for config in made) == spelt
    assert sweeping.written(chosen.sweep["optimizer.learning_rate"]) == ", ".join(spelt)


def test_every_key_that_is_offered_can_be_swept() -> None:
    for key in sweeping.offered():
        table, _, name = key.partition(".")
        assert hasattr(getattr(first().config, table), name)
    assert sweeping.read("optimizer.eps", " , ") == []
    assert sweeping.read("training.steps", "1e6, 20k") == [1_000_000, 20_000]
    assert sweeping.read("optimizer.eps", "1e6") == [1e6]


def _swept(sweep: dict[str, object], known: Known | None = None, chosen: Chosen | None = None) -> Outlook:
    """What comes of a sweep when all of its runs have been looked at."""
    known = known or Known(FACTS, CPU)
    after, outlook = look(replace(chosen or with_steps(first(), 465), sweep=sweep), known)
    if not outlook.looks_on:
        return outlook
    total, trouble = result_of(looking(after.tables, known))
    return with_total(outlook, total, known, trouble)


def _alone(key: str, value: object, chosen: Chosen | None = None) -> Outlook:
    table, _, name = key.partition(".")
    return look(changed(chosen or with_steps(first(), 465), table, **{name: value}), Known(FACTS, CPU))[1]


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("training.steps", [465, 4_650]),
        ("training.batch_size", [16, 160]),
        ("model.d_model", [64, 256]),
        ("model.num_layers", [2, 20]),
        ("model.context_length", [64, 512]),
    ],
)
def test_what_a_sweep_takes_is_the_sum_of_its_runs_and_the_largest_of_them(key: str, values: list[int]) -> None:
    # The intervals are set, so that they do not follow the steps of a run alone, as they cannot in a sweep.
    chosen = changed(changed(with_steps(first(), 465), "evaluation", every=23), "checkpoint", every=46)
    found, alone = _swept({key: values}, chosen=chosen).total, [_alone(key, value, chosen) for value in values]
    assert found is not None
    runs = [one.forecast for one in alone if one.forecast is not None]
    totals = [one.total for one in alone if one.total is not None]
    assert found.seconds == pytest.approx(sum(one.seconds for one in totals))
    assert found.disk == sum(one.disk for one in totals)
    assert found.largest.memory == max(one.memory for one in runs)
    assert found.tokens == (min(one.tokens for one in runs), max(one.tokens for one in runs))
    assert found.parameters == (runs[0].parameters, runs[1].parameters)


@pytest.mark.parametrize(
    ("sweep", "said"),
    [
        ({"model.d_model": [64, 16_384]}, "With d_model 16384: Even one sequence at a time takes about"),
        ({"model.d_model": [64, 65]}, "With d_model 65: num_heads is 4 and does not divide d_model"),
        ({"model.context_length": [64, 500_000]}, "With context_length 500000: The data are about 408,500 tokens"),
        ({"training.batch_size": [0, 8]}, "training.batch_size is 0"),
        ({"training.steps": [10, 10**13]}, "With steps 10000000000000: It would take about"),
        ({"optimizer.learning_rate": [1e-3, 1e-3]}, "optimizer.learning_rate: 1e-3 stands there twice"),
        ({"optimizer.learning_rate": sweeping.read("", "1e-4 to 1e-1 in 1000000")}, "2 to 256 values, not 1000000"),
        ({"optimizer.learning_rate": sweeping.read("", "1e-4 to 1e-1 in 0")}, "2 to 256 values, not 0"),
        ({"training.seed": list(range(257))}, "asks for 257 runs; 256 are the most"),
        ({"training.micro_batch_size": []}, "training.micro_batch_size: give values with commas"),
        (
            {"optimizer.learning_rate": sweeping.read("optimizer.learning_rate", "1e-3; 1e-2 100")},
            "optimizer.learning_rate: “1e-3; 1e-2 100” is no number; give values with commas",
        ),
    ],
)
def test_a_run_of_a_sweep_that_cannot_be_is_said_with_its_value(sweep: dict[str, object], said: str) -> None:
    assert _swept(sweep).troubles["sweep"].startswith(said) or said in _swept(sweep).troubles["sweep"]


def test_a_sweep_of_sizes_is_possible_where_the_inputs_themselves_are_not() -> None:
    chosen = changed(with_steps(first(), 465), "model", d_model=65)
    assert look(chosen, Known(FACTS, CPU))[1].trouble
    assert not _swept({"model.d_model": [64, 128]}, chosen=chosen).trouble


def test_tokens_are_swept_though_steps_are_set() -> None:
    found = _swept({"training.tokens": [2_048_000, 4_096_000]}).total
    assert found is not None
    assert found.steps == (1_000, 2_000)


def test_checkpoints_that_the_disk_does_not_hold_are_said_before_the_start() -> None:
    chosen = changed(with_steps(first(), 2_000), "checkpoint", every=1, keep_every=1)
    roomy, tight = (Known(FACTS, CPU, Around(disk=free)) for free in (10**15, 61 * 10**9))
    total = look(chosen, roomy)[1].total
    assert total is not None
    assert total.disk == 2_002 * 12 * total.parameters[0]
    assert not look(chosen, roomy)[1].trouble
    assert "Checkpoints take about 79.6 GB on the disk, 61.0 GB are free" in look(chosen, tight)[1].troubles["disk"]
    fewer = changed(chosen, "checkpoint", keep_every=4)
    assert "disk" not in look(fewer, tight)[1].troubles
    assert "disk" not in _swept({"training.seed": [1, 2]}, tight, fewer).troubles
    assert "disk" in _swept({"training.seed": [1, 2, 3, 4]}, tight, fewer).troubles


def test_parameters_are_those_of_the_tokenizer_or_not_known() -> None:
    assert look(first(), Known())[1].parameters == 0
    known = look(first(), Known(vocab_size=10_000))[1]
    assert known.parameters == look(first(), Known(FACTS, CPU))[1].parameters
    assert amounts(look(first(), Known())[1])["Parameters"] == "–"


def test_a_vocabulary_that_is_too_small_is_said() -> None:
    small = look(changed(first(), "model", vocab_size=100), Known(FACTS, CPU))[1]
    assert "vocabulary has 100 tokens, the data’s 10,000" in small.troubles["model.vocab_size"]


def test_what_a_run_here_has_measured_decides_the_forecast() -> None:
    shape = first().config.model.shape(10_000)
    run = Measured(CPU.name, CPU.threads, "fp32", True, 6e10, 0.63, shape, 1.0)
    found = look(first(), Known(FACTS, CPU, Around((run,))))[1].forecast
    assert found is not None
    assert (found.precision, found.share) == ("fp32", 0.63)


def test_peaks_that_were_measured_beside_a_run_give_way_to_earlier_ones() -> None:
    slow = replace(CPU, peak_fp32=2e10, peak_bf16=2e10, bf16=False, free=7)
    assert at_rest(slow, CPU, Around()) == replace(CPU, free=7)
    assert at_rest(slow, replace(CPU, name="another"), Around()) == slow
    run = Measured(CPU.name, CPU.threads, "fp32", True, 9.4e10, 0.6, first().config.model.shape(10_000), 1.0)
    assert at_rest(slow, None, Around((run,))) == replace(slow, peak_fp32=9.4e10)


@pytest.mark.parametrize("text", ["1e-4 to 1e-1 in 0", "3, 3"])
def test_a_sweep_that_cannot_be_is_not_remembered_but_all_else_is(text: str) -> None:
    chosen = replace(changed(first(), "model", d_model=64), sweep={"training.seed": sweeping.read("", text)})
    assert remembered(kept(chosen)) == replace(chosen, sweep={})


def test_a_nested_table_of_a_sweep_is_read_and_a_wrong_one_refused() -> None:
    tables = {**first().tables, "sweep": {"optimizer": {"learning_rate": [1e-3, 2e-3]}}}
    assert taken(tables).sweep == {"optimizer.learning_rate": [1e-3, 2e-3]}
    for wrong in ({"foo.bar": [1, 2]}, {"optimizer": {"learning_rate": {"form": 1}}}, {"optimizer": 3}, 4):
        with pytest.raises(ConfigError):
            taken({**first().tables, "sweep": wrong})


@given(st.floats(1.0, 3e8))
def test_a_time_is_read_as_it_is_written(seconds: float) -> None:
    read = seconds_of(figures.duration(seconds))
    assert read is not None
    assert figures.duration(read) == figures.duration(seconds)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2 h 30 min", 9_000),
        ("90s", 90),
        ("5 m", 300),
        ("2 minutes", 120),
        ("1h30", 5_400),
        ("1:30", 5_400),
        ("90 seconds", 90),
        ("1 hour", 3_600),
        ("1,5 h", 5_400),
        ("2 hours and 30 minutes", 9_000),
    ],
)
def test_times_as_people_type_them(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


def test_a_bare_number_has_the_unit_that_is_shown() -> None:
    assert [seconds_of("10", unit_of(shown)) for shown in ("5 min", "1 h 5 min", "30 s", "2 d")] == [
        600,
        36_000,
        10,
        864_000,
    ]


@pytest.mark.parametrize("text", ["5 10 min", "1:75", "10 parsecs", "", "soon", "5 min ago", "0", "-1 h", "1e9 d"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert seconds_of(text) is None


def test_tables_are_those_of_a_config_with_its_sweep() -> None:
    chosen: Chosen = replace(first(), sweep={"training.seed": [1, 2, 3]})
    assert config_of({key: value for key, value in chosen.tables.items() if key != "sweep"}) == chosen.config
    assert len(members(chosen.tables)) == look(chosen, Known(FACTS, CPU))[1].runs == 3


def test_fewer_threads_take_longer() -> None:
    two, one, many = (_alone("training.threads", threads).forecast for threads in (2, 1, 1_000))
    assert two is not None
    assert one is not None
    assert many is not None
    assert one.seconds == pytest.approx(2 * two.seconds)
    assert many.seconds == two.seconds, "there are but two cores"


def test_a_name_is_no_other_runs() -> None:
    assert distinct("sample-128", ()) == distinct("sample-128", {"sample-12", "sample-128-lr1e-3"}) == "sample-128"
    assert distinct("sample-128", {"sample-128"}) == "sample-128 2"
    assert distinct("sample-128", {"sample-128 learning_rate 0.01", "sample-128 2"}) == "sample-128 3"
