"""What do all inputs of the set-up say together? One frozen value, and the pure functions that change it.

The settings are those of a `TrainConfig`, which is sound by itself; whether the model fits the data and the machine is
`outlook`'s to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

from lmcore import figures
from lmcore.accounting import Shape, account
from lmcore.accounting.kinds import Bias, FeedForward, Norm, NormPlace, Position
from lmcore.paths import resource
from lmcore.training.amounts import tokens_of
from lmcore.training.config import TrainConfig, config_of
from lmcore.training.run_files import dotted
from lmcore.training.settings import DataSettings, ModelSettings, TrainingSettings
from lmcore.training.sweeps import TABLE, swept_by, values_of

Amount = Literal["steps", "tokens", "time"]
BUNDLED: Final = "sample/tokenizer"
EVALUATIONS: Final = 20
"""Validations of a run, and 10 checkpoints, where nobody says how many."""
CHECKPOINTS: Final = 10
WARMING_UP: Final = 0.05
"""Share of the steps in which the learning rate rises, where the set-up says how many."""
FOLLOWING: Final = ("evaluation.every", "checkpoint.every", "checkpoint.keep_every", "schedule.warmup_steps")
_SIZES: Final = ("num_layers", "d_model", "num_heads", "d_ff", "num_kv_heads", "d_head", "context_length")


@dataclass(frozen=True)
class Chosen:
    """All that the inputs say.

    `sweep` has the keys whose values are tried in turn, with none for one of which none were typed yet. `amount` is the
    one of steps, tokens and time that was set last and stays when others change; `seconds` is that time. `touched`
    names the settings ("table.key") that the user set: suggestions leave them alone.
    """

    config: TrainConfig
    sweep: Mapping[str, Any] = field(default_factory=dict)
    amount: Amount = "steps"
    seconds: float = 300.0
    touched: frozenset[str] = frozenset()

    @property
    def tables(self) -> dict[str, Any]:
        """What TOML holds of it, with a table "sweep" where something is swept."""
        swept = {key: given for key, given in self.sweep.items() if given}
        return {**self.config.as_tables(), **({TABLE: swept} if swept else {})}

    @property
    def is_suggested(self) -> bool:
        """Whether model, optimizer and amount are those that were suggested."""
        return not any(key.partition(".")[0] in ("model", "optimizer", "training", "schedule") for key in self.touched)


def first() -> Chosen:
    """What is shown on the first visit: a small model of the bundled corpus, until the machine is known."""
    data = DataSettings(corpus=tuple(map(str, sample_paths())), tokenizer=str(resource(BUNDLED)))
    model = ModelSettings(d_model=128, num_layers=4, num_heads=4, context_length=128)
    return Chosen(fitted(TrainConfig(data, TrainingSettings(steps=1_000, batch_size=16), model), frozenset(), 1_000))


def sample_paths() -> tuple[Path, ...]:
    """The bundled corpus."""
    return tuple(sorted(resource("sample").glob("*.txt")))


def changed(chosen: Chosen, table: str, **values: Any) -> Chosen:
    """With settings of one table set by the user. Raises `ConfigError` where they cannot be."""
    part = replace(getattr(chosen.config, table), **values)
    parts: dict[str, Any] = {table: part}
    touched = chosen.touched | {f"{table}.{name}" for name in values}
    return replace(chosen, config=replace(chosen.config, **parts), touched=touched)


def with_data(chosen: Chosen, **values: Any) -> Chosen:
    """With other data. Raises `ConfigError` where they cannot be."""
    return changed(chosen, "data", **values)


def with_steps(chosen: Chosen, steps: int) -> Chosen:
    """So many steps, which stay from now on."""
    return replace(changed(chosen, "training", steps=steps, tokens=None), amount="steps")


def with_tokens(chosen: Chosen, tokens: int) -> Chosen:
    """As many steps as see so many tokens, which stay from now on."""
    return replace(changed(chosen, "training", steps=None, tokens=tokens), amount="tokens")


def with_time(chosen: Chosen, seconds: float) -> Chosen:
    """As many steps as so many seconds hold, which stay from now on; `outlook` knows how many these are."""
    return replace(chosen, amount="time", seconds=seconds, touched=chosen.touched | {"training.steps"})


def timed(chosen: Chosen, steps: int) -> Chosen:
    """With the steps that its time holds."""
    training = replace(chosen.config.training, steps=steps, tokens=None)
    return replace(chosen, config=replace(chosen.config, training=training))


def seen(chosen: Chosen, context_length: int) -> tuple[int, int]:
    """Steps, and the tokens that they see."""
    training = chosen.config.training
    steps = training.number_of_steps(context_length)
    return steps, tokens_of(steps, training.batch_size, context_length)


def taken(tables: Mapping[str, Any], folder: Path | None = None) -> Chosen:
    """What nested tables say, of a file or of another run. Raises `ConfigError`, which names the key."""
    plain = {name: value for name, value in tables.items() if name != TABLE}
    config = config_of(plain, folder)
    sweep = swept_by(tables.get(TABLE, {}))
    values_of(sweep)
    amount: Amount = "steps" if config.training.tokens is None else "tokens"
    everything = {
        f"{table}.{key}" for table, keys in config.as_tables().items() if isinstance(keys, dict) for key in keys
    }
    named = {"name"} if config.name else set()
    touched = everything | named | set(FOLLOWING)  # what is left out there is so on purpose
    return Chosen(config, sweep, amount, touched=frozenset(touched))


def changes_since(name: str, before: Chosen, now: Chosen) -> str:
    """What is set otherwise than in the run of this name, with both values: "d_model 64 → 128"."""
    then, found = dotted(before.tables), dotted(now.tables)
    keys = [key for key in {**then, **found} if key != "name" and then.get(key) != found.get(key)]
    words = [f"{key.rpartition('.')[2]} {then.get(key, 'open')} → {found.get(key, 'open')}" for key in keys]
    return f"Changed since {name}: {', '.join(words)}." if words else f"Nothing is changed since {name}."


def suggested(chosen: Chosen, tables: Mapping[str, Any]) -> Chosen:
    """With a model, an optimizer and an amount as they were suggested."""
    kept = {"name": chosen.config.name, "data": chosen.config.as_tables()["data"]}
    machine = {key: getattr(chosen.config.training, key) for key in ("device", "precision")}
    training = {**tables["training"], **machine}
    made = config_of({**kept, **tables, "training": training})
    config = replace(made, evaluation=replace(chosen.config.evaluation, every=made.evaluation.every), name=kept["name"])
    parts = ("model", "optimizer", "training", "schedule")
    touched = frozenset(key for key in chosen.touched if key.partition(".")[0] not in parts and key not in FOLLOWING)
    return replace(chosen, config=config, amount="steps", touched=touched)


def fitted(config: TrainConfig, touched: frozenset[str], steps: int) -> TrainConfig:
    """With evaluations, checkpoints and warming up as often as suits so many steps, where the user did not say."""
    every = max(1, steps // CHECKPOINTS)
    wanted = {
        "evaluation.every": max(1, steps // EVALUATIONS),
        "checkpoint.every": every,
        "checkpoint.keep_every": every if config.checkpoint.keep_every else 0,
        "schedule.warmup_steps": max(1, round(WARMING_UP * steps)),
    }
    for key, value in wanted.items():
        if key not in touched:
            table, _, name = key.partition(".")
            fields: dict[str, Any] = {name: value}
            parts: dict[str, Any] = {table: replace(getattr(config, table), **fields)}
            config = replace(config, **parts)
    return config


def model_of(shape: Shape) -> tuple[ModelSettings, str]:
    """The settings of the model nearest to `shape` that can be trained, and in words what is not as it was there."""
    lost = {
        f"{shape.norm} norms": shape.norm is not Norm.RMS and shape.norm_place is not NormPlace.NONE,
        "biases": shape.bias is not Bias.NONE,
        "experts": shape.num_experts > 0,
        "learned positions": shape.position is Position.LEARNED,
        "norms on both sides": shape.norm_place is NormPlace.BOTH,
        "GEGLU": shape.feed_forward is FeedForward.GEGLU,
    }
    model = ModelSettings(
        **{name: getattr(shape, name) for name in _SIZES},
        feed_forward=FeedForward.SWIGLU if lost["GEGLU"] else shape.feed_forward,
        norm_place=NormPlace.PRE if lost["norms on both sides"] else shape.norm_place,
        position=Position.ROPE if lost["learned positions"] else shape.position,
        tied=shape.tied,
        qk_norm=shape.qk_norm,
        rope_theta=shape.rope_theta,
    )
    names = [name for name, gone in lost.items() if gone]
    return model, f"Taken without {', '.join(names)}: a training here has none of these." if names else ""


def vocabulary_words(shape: Shape, vocabulary: int) -> str:
    """What becomes of a shape that is taken for data of another vocabulary; nothing where that is not known (0)."""
    if not vocabulary or vocabulary == shape.vocab_size:
        return ""
    before, now = (
        figures.count(int(account(one).parameters.amount)) for one in (shape, replace(shape, vocab_size=vocabulary))
    )
    return (
        f"The vocabulary is that of the data, {figures.count(vocabulary)} tokens instead of "
        f"{figures.count(shape.vocab_size)}: {now} parameters instead of {before}."
    )
