"""What can be chosen for a training? One frozen class a table of the TOML file; the defaults are sensible on a CPU.

Each checks what it holds when it is made and raises `ConfigError`, whose sentence begins with the key ("optimizer.
learning_rate"). Sizes in steps are optimizer steps, sizes of batches are sequences.
"""

from dataclasses import dataclass
from math import isfinite
from typing import Any, ClassVar, Final, Literal

from lmcore.accounting.kinds import FeedForward, NormPlace, Position
from lmcore.accounting.presets import find_preset
from lmcore.accounting.shape import Shape, default_d_ff
from lmcore.errors import UsageError

Order = Literal["random", "permutation"]
OptimizerKind = Literal["adamw", "muon"]
ScheduleKind = Literal["cosine", "wsd", "linear", "constant"]
PrecisionChoice = Literal["auto", "fp32", "bf16"]
Switch = Literal["auto", "on", "off"]
Strategy = Literal["ddp", "fsdp"]


MOST: Final = 10**15
"""Steps, or tokens: beyond it nobody means what they typed."""
MOST_THREADS: Final = 1024
"""Beyond which torch breaks off without a word instead of refusing."""


class ConfigError(UsageError):
    """A setting that cannot be: the sentence names the key, its value and the remedy."""


def _least(place: str, value: float | None, least: float) -> None:
    if value is not None and not isfinite(value):
        raise ConfigError(f"{place} is {value}; it must be a finite number of at least {least:g}.")
    if value is not None and not value >= least:
        raise ConfigError(f"{place} is {value}; it must be at least {least:g}.")


def _within(place: str, value: float, low: float, high: float) -> None:
    """Raises `ConfigError` unless low ≤ value < high."""
    if not low <= value < high:
        raise ConfigError(f"{place} is {value}; it must be at least {low:g} and below {high:g}.")


@dataclass(frozen=True)
class DataSettings:
    """What is learned. Either `train` is a token file, or `corpus` names files or folders that are encoded first.

    `tokenizer` is needed for a corpus, for text samples and for bits a byte. `validation` is a token file; without
    one the last `validation_fraction` of the ids is kept out of training. "random" windows may overlap, as in the
    course; a "permutation" shows each window once an epoch. `document_masking` keeps attention within a document.
    """

    table: ClassVar = "data"
    train: str = ""
    corpus: tuple[str, ...] = ()
    tokenizer: str = ""
    validation: str = ""
    validation_fraction: float = 0.05
    order: Order = "random"
    document_masking: bool = False
    text_field: str = "text"

    def __post_init__(self) -> None:
        _within("data.validation_fraction", self.validation_fraction, 0.0, 1.0)
        if bool(self.train) == bool(self.corpus):
            raise ConfigError("data.train and data.corpus: give one of them, a token file or files of text.")
        if self.corpus and not self.tokenizer:
            raise ConfigError("data.tokenizer is missing; a corpus needs the tokenizer that encodes it.")


@dataclass(frozen=True)
class ModelSettings:
    """The model's sizes and switches, those of `preset` where one is named and a key is not given.

    A `vocab_size` of 0 is the tokenizer's, a `d_ff` of 0 follows d_model. See `lmcore.accounting.Shape`.
    """

    table: ClassVar = "model"
    preset: str = ""
    vocab_size: int = 0
    context_length: int = 0
    num_layers: int = 0
    d_model: int = 0
    num_heads: int = 0
    d_ff: int = 0
    num_kv_heads: int = 0
    d_head: int = 0
    feed_forward: FeedForward | None = None
    norm_place: NormPlace | None = None
    position: Position | None = None
    tied: bool | None = None
    qk_norm: bool | None = None
    rope_theta: float = 0.0

    _USUAL: ClassVar = {"context_length": 256, "num_layers": 4, "d_model": 256, "num_heads": 8}

    def shape(self, vocab_size: int) -> Shape:
        """The shape, with the tokenizer's `vocab_size` where none was chosen. Raises `UsageError` where it is none."""
        known: dict[str, Any] = dict(self._USUAL)
        if self.preset:
            known = dict(vars(find_preset(self.preset).shape))
        chosen = {name: value for name, value in vars(self).items() if name != "preset" and value not in (0, None, "")}
        sizes = known | {"vocab_size": vocab_size} | chosen
        if "d_ff" not in chosen and ("d_model" in chosen or "feed_forward" in chosen or not self.preset):
            sizes["d_ff"] = default_d_ff(FeedForward(sizes.get("feed_forward", "swiglu")), sizes["d_model"])
        return Shape(**sizes)


@dataclass(frozen=True)
class OptimizerSettings:
    """How weights change. `final_fraction` is the share of `learning_rate` that the schedule ends with; a `clip_norm`
    of 0 clips nothing. Muon moves the hidden matrices, AdamW the rest.
    """

    table: ClassVar = "optimizer"
    kind: OptimizerKind = "adamw"
    learning_rate: float = 1e-3
    final_fraction: float = 0.1
    weight_decay: float = 0.1
    beta1: float = 0.9
    beta2: float = 0.95
    eps: float = 1e-8
    clip_norm: float = 1.0

    def __post_init__(self) -> None:
        for name in ("learning_rate", "weight_decay", "eps", "clip_norm"):
            _least(f"optimizer.{name}", getattr(self, name), 0.0)
        for name in ("beta1", "beta2"):
            _within(f"optimizer.{name}", getattr(self, name), 0.0, 1.0)
        _within("optimizer.final_fraction", self.final_fraction, 0.0, 1.0 + 1e-9)


@dataclass(frozen=True)
class ScheduleSettings:
    """How the learning rate changes. Without a number, warming up takes 2 % of the steps, and "wsd" decays over the
    last 20 %.
    """

    table: ClassVar = "schedule"
    kind: ScheduleKind = "cosine"
    warmup_steps: int | None = None
    decay_steps: int | None = None

    def __post_init__(self) -> None:
        _least("schedule.warmup_steps", self.warmup_steps, 0)
        _least("schedule.decay_steps", self.decay_steps, 0)


@dataclass(frozen=True)
class TrainingSettings:
    """How much, and on what. `batch_size` is the sequences of a step, of all devices together; `micro_batch_size`
    those that go through the model at once, found by a probe where it is not given. Give `steps` or `tokens`.
    """

    table: ClassVar = "training"
    steps: int | None = None
    tokens: int | None = None
    batch_size: int = 32
    micro_batch_size: int | None = None
    seed: int = 0
    precision: PrecisionChoice = "auto"
    compile: Switch = "auto"
    device: str = "auto"
    threads: int | None = None
    strategy: Strategy = "ddp"

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.tokens is None):
            raise ConfigError("training.steps and training.tokens: give one of them.")
        for name in ("steps", "tokens", "batch_size", "micro_batch_size", "threads"):
            _least(f"training.{name}", getattr(self, name), 1)
        for name in ("steps", "tokens"):
            if (getattr(self, name) or 0) > MOST:
                raise ConfigError(f"training.{name} is {getattr(self, name)}; {MOST:,} are the most.")
        _within("training.seed", self.seed, 0, 1 << 63)
        if self.threads is not None and self.threads > MOST_THREADS:
            raise ConfigError(f"training.threads is {self.threads}; {MOST_THREADS:,} are the most, and cores enough.")
        if self.micro_batch_size is not None and self.micro_batch_size > self.batch_size:
            raise ConfigError(
                f"training.micro_batch_size is {self.micro_batch_size}, more than the batch of {self.batch_size}; "
                "it is a part of it."
            )

    def number_of_steps(self, context_length: int) -> int:
        """The optimizer steps: as given, or so many that all `tokens` are seen."""
        if self.steps is not None:
            return self.steps
        assert self.tokens is not None, "one of the two is given"
        return -(-self.tokens // (self.batch_size * context_length))


@dataclass(frozen=True)
class EvaluationSettings:
    """When the loss on unseen text is taken, on so many `windows` of it, and texts are written to `prompts`."""

    table: ClassVar = "evaluation"
    every: int = 200
    windows: int = 64
    prompts: tuple[str, ...] = ("",)
    sample_tokens: int = 64
    temperature: float = 0.8
    top_p: float = 0.95

    def __post_init__(self) -> None:
        for name, least in {"every": 1, "windows": 1, "sample_tokens": 0, "temperature": 0}.items():
            _least(f"evaluation.{name}", getattr(self, name), least)
        if not 0 < self.top_p <= 1:
            raise ConfigError(f"evaluation.top_p is {self.top_p}; it must be above 0, and 1 (all) at most.")


@dataclass(frozen=True)
class CheckpointSettings:
    """How often a run is kept so that it can go on: every so many steps or `minutes`, and at each best validation.

    Of the checkpoints the `keep_last` newest stay, the one with the least validation loss, and those at multiples of
    `keep_every` steps (0: none of those).
    """

    table: ClassVar = "checkpoint"
    every: int = 500
    minutes: float = 10.0
    keep_last: int = 2
    keep_every: int = 0

    def __post_init__(self) -> None:
        for name, least in {"every": 1, "minutes": 0, "keep_last": 1, "keep_every": 0}.items():
            _least(f"checkpoint.{name}", getattr(self, name), least)
