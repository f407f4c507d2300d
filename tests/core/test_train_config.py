"""Is a training's file read strictly, and written so that it says the same?"""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmcore.training.config import config_of, read_config, to_toml
from lmcore.training.settings import ConfigError
from lmcore.training.sweeps import members, members_of

PLAIN: dict[str, Any] = {"data": {"train": "tokens.bin"}, "training": {"steps": 10}}


def _with(key: str, value: Any) -> dict[str, Any]:
    tables = {name: dict(table) for name, table in PLAIN.items()}
    table, _, name = key.partition(".")
    if name:
        tables.setdefault(table, {})[name] = value
    else:
        tables[key] = value
    return tables


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("optimizer.learning_rat", 1e-3, "optimizer.learning_rat is no setting; did you mean learning_rate?"),
        ("optimiser", {}, "did you mean optimizer?"),
        ("optimizer.learning_rate", "fast", "optimizer.learning_rate is 'fast'; it must be a number."),
        ("optimizer.learning_rate", -1.0, "optimizer.learning_rate is -1.0; it must be at least 0."),
        ("optimizer.learning_rate", float("nan"), "optimizer.learning_rate is nan"),
        ("optimizer.beta2", 1.0, "optimizer.beta2 is 1.0; it must be at least 0 and below 1."),
        ("optimizer.kind", "sgd", "optimizer.kind is 'sgd'; it can be adamw, muon."),
        ("model.norm_place", "middle", "it can be pre, post, both, none."),
        ("model.d_model", 64.0, "model.d_model is 64.0; it must be a whole number."),
        ("model.tied", 1, "model.tied is 1; it must be true or false."),
        ("training.tokens", 100, "training.steps and training.tokens: give one of them."),
        ("training.micro_batch_size", 64, "more than the batch of 32"),
        ("evaluation.prompts", [1], "evaluation.prompts is [1]; it must be a list of texts."),
        ("data.corpus", ["a.txt"], "data.train and data.corpus: give one of them"),
        ("training", 3, "training is 3; it must be a table"),
        ("training.steps", 10**23, "1,000,000,000,000,000 are the most"),
        ("optimizer.learning_rate", float("inf"), "optimizer.learning_rate is inf; it must be a finite number"),
        ("training.threads", 10**9, "training.threads is 1000000000; 1,024 are the most"),
        ("training.seed", 1 << 63, "training.seed is 9223372036854775808; it must be at least 0 and below"),
        ("optimizer.learning_rate", 10**400, "optimizer.learning_rate is inf"),
        ("evaluation.top_p", 0, "evaluation.top_p is 0.0; it must be above 0"),
    ],
)
def test_what_cannot_be_is_named_with_its_key(key: str, value: Any, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        config_of(_with(key, value))
    assert said in str(raised.value)


def test_a_whole_number_serves_where_a_number_is_wanted_but_true_does_not() -> None:
    assert config_of(_with("optimizer.weight_decay", 1)).optimizer.weight_decay == 1.0
    with pytest.raises(ConfigError):
        config_of(_with("optimizer.weight_decay", True))


def test_paths_are_taken_from_the_folder_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "train.toml"
    file.write_text('[data]\ncorpus = ["a.txt", "/b.txt"]\ntokenizer = "../tok"\n[training]\nsteps = 1\n')
    data = read_config(file).data
    assert data.corpus == (str(tmp_path / "a.txt"), "/b.txt")
    assert data.tokenizer == str(tmp_path.parent / "tok")


def test_a_setting_that_is_typed_goes_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "train.toml"
    file.write_text('[data]\ntrain = "a.bin"\n[training]\nsteps = 1\n')
    changes = ["training.steps=7", "optimizer.kind=muon", 'evaluation.prompts=["a", "b"]', "model.d_model=32"]
    config = read_config(file, changes)
    assert (config.training.steps, config.optimizer.kind, config.model.d_model) == (7, "muon", 32)
    assert config.evaluation.prompts == ("a", "b")
    with pytest.raises(ConfigError, match="sets nothing"):
        read_config(file, ["training.steps"])


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    file = tmp_path / "train.toml"
    file.write_text("[data\n")
    with pytest.raises(ConfigError, match=r"train\.toml: is no TOML"):
        read_config(file)


@given(
    name=st.text(),
    prompts=st.lists(st.text(), max_size=3),
    rate=st.floats(0, 1e3),
    steps=st.integers(1, 10**15),
    tied=st.sampled_from([None, True, False]),
)
def test_what_is_written_as_toml_reads_as_the_same(
    name: str, prompts: list[str], rate: float, steps: int, tied: bool | None
) -> None:
    tables = _with("optimizer.learning_rate", rate) | {"name": name, "evaluation": {"prompts": prompts}}
    tables["training"]["steps"] = steps
    if tied is not None:
        tables["model"] = {"tied": tied}
    config = config_of(tables)
    assert config_of(tomllib.loads(to_toml(config))) == config
    assert config_of(config.as_tables()) == config


def test_the_hash_is_of_what_decides_the_result() -> None:
    plain = config_of(PLAIN).digest(["data"])
    for key, value in {"name": "b", "training.device": "cpu", "checkpoint.every": 3, "evaluation.windows": 1}.items():
        assert config_of(_with(key, value)).digest(["data"]) == plain, key
    elsewhere = config_of({**PLAIN, "data": {"train": "/elsewhere/tokens.bin"}})
    assert elsewhere.digest(["data"]) == plain
    for key, value in {"training.seed": 1, "model.d_model": 32, "data.order": "permutation"}.items():
        assert config_of(_with(key, value)).digest(["data"]) != plain, key
    assert config_of(PLAIN).digest(["other"]) != plain


def test_tokens_are_made_whole_steps() -> None:
    config = config_of({**PLAIN, "training": {"tokens": 1_000, "batch_size": 3}})
    assert config.training.number_of_steps(context_length=100) == 4


def test_a_model_takes_what_its_preset_has_and_what_is_given() -> None:
    model = config_of(_with("model.preset", "course-2025-small")).model
    assert (model.shape(500).d_model, model.shape(500).d_ff) == (768, 3072)
    assert model.shape(500).vocab_size == 500
    wider = config_of({**PLAIN, "model": {"preset": "course-2025-small", "d_model": 1536}}).model.shape(500)
    assert (wider.d_model, wider.d_ff, wider.num_layers) == (1536, 4096, 12)
    assert config_of({**PLAIN, "model": {"feed_forward": "silu", "d_model": 64}}).model.shape(5).d_ff == 256


def test_a_sweep_is_all_combinations_of_its_values() -> None:
    swept = {"optimizer.learning_rate": {"from": 1e-4, "to": 1e-2, "number": 3}, "model.norm_place": ["pre", "none"]}
    group = members({**PLAIN, "name": "try", "sweep": swept})
    seen = [(one.config.optimizer.learning_rate, one.config.model.norm_place) for one in group]
    assert seen == [(rate, place) for rate in (1e-4, 1e-3, 1e-2) for place in ("pre", "none")]
    assert group[1].config.name == "try learning_rate 1e-4, norm_place none"
    assert {one.about["group"]["id"] for one in group} == {group[0].about["group"]["id"]}
    assert group[2].about["group"]["values"] == {"optimizer.learning_rate": 1e-3, "model.norm_place": "pre"}


def test_a_range_of_whole_numbers_stays_whole() -> None:
    group = members({**PLAIN, "sweep": {"training.batch_size": {"from": 1, "to": 64, "number": 4}}})
    assert [one.config.training.batch_size for one in group] == [1, 4, 16, 64]
    steps = {"from": 0, "to": 1, "number": 3, "scale": "linear"}
    group = members({**PLAIN, "sweep": {"optimizer.weight_decay": steps}})
    assert len(group) == 2, "two whole numbers are between 0 and 1"


@pytest.mark.parametrize(
    ("swept", "said"),
    [
        ({"optimizer.learning_rate": 3}, "must be a list of values, or a range"),
        ({"optimizer.learning_rate": []}, "must be a list of values, or a range"),
        ({"optimizer.learning_rate": {"from": 0, "to": 1}}, "no place"),
        ({"optimizer.learning_rate": {"form": 1}}, "did you mean from?"),
        ({"optimizer.speed": [1]}, "optimizer.speed is no setting"),
        ({"optimizer": {"learning_rate": 3}}, "must be a list of values, or a range"),
        ({"foo.bar": [1, 2]}, "foo.bar is no setting"),
        ({"training.seed": list(range(40)), "model.d_model": list(range(40))}, "asks for 1,600 runs; 256 are the most"),
        ({"optimizer.learning_rate": {"from": 1e-4, "to": 0.1, "number": 10**6}}, "2 to 256 values, not 1000000"),
        ({"optimizer.learning_rate": {"from": 1e-4, "to": 0.1, "number": 1}}, "learning_rate: a range has 2 to 256"),
        ({"optimizer.learning_rate": {"from": 1e-4, "to": 1e-4}}, "from one number to another"),
        ({"optimizer.learning_rate": [1, 3e-3, 1.0]}, "learning_rate: 1 stands there twice"),
        ({"training.steps": [1], "training.tokens": [100]}, "give one of them"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_before_any_run(swept: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        members({**PLAIN, "sweep": swept})
    assert said in str(raised.value)


def test_tables_in_the_table_of_a_sweep_are_its_keys() -> None:
    group = members({**PLAIN, "sweep": {"optimizer": {"learning_rate": [1e-3, 2e-3]}, "training.seed": [1, 2]}})
    assert [one.config.training.seed for one in group] == [1, 2, 1, 2]
    assert group[2].about["group"]["values"] == {"optimizer.learning_rate": 2e-3, "training.seed": 1}


def test_steps_and_tokens_take_the_place_of_each_other_in_a_sweep() -> None:
    tokens = members({**PLAIN, "training": {"steps": 5}, "sweep": {"training.tokens": [100, 200]}})
    assert [(one.config.training.steps, one.config.training.tokens) for one in tokens] == [(None, 100), (None, 200)]
    steps = members({**PLAIN, "training": {"tokens": 5}, "sweep": {"training.steps": [1, 2]}})
    assert [(one.config.training.steps, one.config.training.tokens) for one in steps] == [(1, None), (2, None)]
    with pytest.raises(
        ConfigError, match=r"^With batch_size 4: training\.micro_batch_size is 8, more than the batch of 4"
    ):
        small = {"steps": 1, "batch_size": 8, "micro_batch_size": 8}
        members({**PLAIN, "training": small, "sweep": {"training.batch_size": [8, 4]}})


def test_a_file_without_a_sweep_is_one_run(tmp_path: Path) -> None:
    file = tmp_path / "train.toml"
    file.write_text('[data]\ntrain = "a.bin"\n[training]\nsteps = 1\n')
    (only,) = members_of(file, ["training.steps=2"])
    assert only.config.training.steps == 2
    assert only.about == {}
