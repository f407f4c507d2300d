"""What is one step of a training? A batch through the model in parts, gradients clipped, weights moved.

Everything that a step needs is a function of the settings, the seed and its number: what a checkpoint holds, and the
number, give the same next step, bit for bit, on the same device with as many threads.
"""

from contextlib import nullcontext
from dataclasses import dataclass, replace
from math import isfinite
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn

from lmcore.errors import LmError
from lmcore.model.transformer import TransformerLM
from lmcore.training.checkpoints import Loaded, Progress
from lmcore.training.config import TrainConfig
from lmcore.training.data import Batches, documents
from lmcore.training.devices import Device
from lmcore.training.distributing import adding_up, distributed, load_parameters, whole_weights
from lmcore.training.feeding import feed_of
from lmcore.training.losses import NextTokenLoss
from lmcore.training.machine import Precision
from lmcore.training.optimizers import Optimizer, make_optimizer
from lmcore.training.schedules import learning_rate
from lmcore.training.sharded import whole
from lmcore.training.world import World


class DivergedError(LmError):
    """The loss or the gradient is no longer a finite number; `rows` are of steps before that were not taken yet."""

    def __init__(self, step: int, weights_are_sound: bool, rows: "tuple[StepRow, ...]" = ()) -> None:
        super().__init__(
            f"The loss was no longer a finite number at step {step:,}; "
            "take a lower learning rate, more steps of warm-up, or clip the gradient at a smaller norm."
        )
        self.step, self.weights_are_sound = step, weights_are_sound
        self.rows = rows


@dataclass(frozen=True)
class Settings:
    """What was found out about the machine, and is kept for every attempt: it decides the last digits."""

    device: Device
    precision: Precision
    micro_batch: int
    loss_chunk: int | None
    separator: int | None
    steps: int


@dataclass(frozen=True)
class StepRow:
    """What one step measured; `loss` in nats a token over the whole batch, `grad_norm` before clipping."""

    step: int
    tokens: int
    seconds: float
    loss: float
    learning_rate: float
    grad_norm: float
    tokens_per_second: float


@dataclass(frozen=True)
class _Pending:
    """A step whose figures are still on the device."""

    step: int
    rate: float
    loss: Tensor
    norm: Tensor


class Trainer:
    """A model, its optimizer and its batches, behind the step that `progress` names.

    Losses stay on the device until `take_rows` asks for them, since reading one waits for all work that was queued.
    """

    def __init__(self, model: TransformerLM, config: TrainConfig, batches: Batches, settings: Settings) -> None:
        self.config, self.settings = config, settings
        self.model = model.to(settings.device.torch)
        self.progress = Progress()
        self.world = World()
        self._feed = feed_of(batches, settings.device)
        self._module: nn.Module = NextTokenLoss(self.model)
        self._optimizer = self._new_optimizer()
        self._pending: list[_Pending] = []
        self._since = perf_counter()

    def join(self, world: World) -> None:
        """Train with others from now on; the parameters may no longer be those that there were."""
        self.world = world
        self._module = distributed(NextTokenLoss(self.model), world, self.config.training.strategy)
        self._optimizer = self._new_optimizer()

    def resume(self, loaded: Loaded) -> None:
        """Become what a checkpoint holds."""
        load_parameters(self.model, loaded.weights)
        self._optimizer.load_state_dict(loaded.optimizer)
        self.progress = loaded.progress

    @property
    def micro_batch(self) -> int:
        """Sequences that go through the model at once."""
        return self.settings.micro_batch

    @property
    def done(self) -> bool:
        """Whether all steps were made."""
        return self.progress.step >= self.settings.steps

    def take_at_once(self, sequences: int) -> None:
        """So many sequences go through the model at once from now on."""
        self.settings = replace(self.settings, micro_batch=sequences)

    def compute_in(self, precision: Precision) -> None:
        """Take this precision from now on."""
        self.settings = replace(self.settings, precision=precision)

    def halve_micro_batch(self) -> int:
        """Take half as many sequences at once from now on; gives back how many."""
        self.take_at_once(max(1, self.micro_batch // 2))
        self._optimizer.zero_grad()
        return self.micro_batch

    def compile(self) -> str:
        """Let torch compile the model and its loss; what came of it, in words. Where it fails, they run as before."""
        plain, begun = self._module, perf_counter()
        self._module = torch.compile(plain)  # type: ignore[assignment]  # a module, though its type does not say so
        try:
            self.try_out(self.micro_batch)
        except Exception as error:
            self._module = plain
            self._optimizer.zero_grad()
            reason = str(error).strip().split("\n")[0][:200] or type(error).__name__
            return f"torch.compile does not work here ({reason}); the model runs without it."
        return f"The model was compiled in {perf_counter() - begun:.0f} s."

    def try_out(self, sequences: int) -> None:
        """Take so many sequences through the model and back, without learning anything."""
        size = (sequences, self.model.architecture.context_length + 1)
        self.loss(torch.zeros(size, dtype=torch.long, device=self.settings.device.torch)).backward()
        self._optimizer.zero_grad()

    def advance(self) -> None:
        """Make the next step. Raises `DivergedError`, on a processor before weights have changed."""
        step, rate = self.progress.step, self._rate()
        self._optimizer.set_learning_rate(rate)
        loss = self._gradients(step)
        norm = self._clip()
        if not self.settings.device.waits and not isfinite(norm.item() + loss.item()):
            self._optimizer.zero_grad()
            raise DivergedError(step + 1, weights_are_sound=True)
        self._optimizer.step()
        self._optimizer.zero_grad()
        self._pending.append(_Pending(step + 1, rate, loss, norm.float()))
        seen = self.config.training.batch_size * self.model.architecture.context_length
        self.progress = replace(self.progress, step=step + 1, tokens=self.progress.tokens + seen)

    def take_rows(self) -> list[StepRow]:
        """What was measured since the last time, a row a step. Raises `DivergedError` for what a GPU only now tells.

        The time in between is divided evenly among its steps.
        """
        if not self._pending:
            return []
        measured = torch.stack([torch.stack((one.loss, one.norm)) for one in self._pending]).tolist()
        each = (perf_counter() - self._since) / len(self._pending)
        rows: list[StepRow] = []
        for number, (one, (loss, norm)) in enumerate(zip(self._pending, measured, strict=True), 1):
            if not isfinite(loss + norm):
                raise DivergedError(one.step, weights_are_sound=False, rows=tuple(rows))
            rows.append(self._row(one, loss, norm, each, number))
        self.progress = replace(self.progress, seconds=rows[-1].seconds)
        self._pending.clear()
        self._since = perf_counter()
        return rows

    def restart_clock(self) -> None:
        """What went on until now is no part of the training's time: an evaluation, a checkpoint."""
        self._since = perf_counter()

    def note_best(self, loss: float) -> None:
        """Remember a validation loss at this step if it is the least so far, and a number."""
        if not isfinite(loss):
            return
        if self.progress.best_loss is None or loss < self.progress.best_loss:
            self.progress = replace(self.progress, best_loss=loss, best_step=self.progress.step)

    def weights(self) -> dict[str, Tensor]:
        """The model's parameters by name, whole and on the processor; all processes have to ask."""
        return whole_weights(self.model)

    def whole_model(self) -> TransformerLM:
        """The model to write with: itself, or where its weights are sharded a copy, for which all have to ask."""
        if self.world.is_alone or self.config.training.strategy == "ddp":
            return self.model
        weights = {name: tensor.to(self.settings.device.torch) for name, tensor in self.weights().items()}
        return TransformerLM.with_weights(self.model.architecture, weights)

    def optimizer_state(self) -> dict[str, Any]:
        """Its moments, by the parameters' names."""
        return self._optimizer.state_dict()

    def is_finite(self) -> bool:
        """Whether every weight is a finite number."""
        return all(bool(torch.isfinite(weight).all()) for weight in self.model.parameters())

    def autocast(self) -> Any:
        """The context in which the model runs."""
        if self.settings.precision == "fp32":
            return nullcontext()
        return torch.autocast(self.settings.device.kind, torch.bfloat16)

    def loss(self, ids: Tensor) -> Tensor:
        """The mean loss over ids (rows, context + 1) on the device, in nats a token."""
        masks = None
        if self.config.data.document_masking:
            assert self.settings.separator is not None, "without one the plan was refused"
            masks = torch.from_numpy(documents(ids[:, :-1].cpu().numpy(), self.settings.separator)).to(ids.device)
        with self.autocast():
            loss: Tensor = self._module(ids, masks, self.settings.loss_chunk)
            return loss

    def _rate(self) -> float:
        optimizer, schedule, steps = self.config.optimizer, self.config.schedule, self.settings.steps
        warmup = -(-steps // 50) if schedule.warmup_steps is None else schedule.warmup_steps
        decay = -(-steps // 5) if schedule.decay_steps is None else schedule.decay_steps
        return learning_rate(
            schedule.kind,
            self.progress.step + 1,
            peak=optimizer.learning_rate,
            floor=optimizer.learning_rate * optimizer.final_fraction,
            warmup_steps=min(warmup, steps),
            total_steps=steps,
            decay_steps=min(decay, steps),
        )

    def _gradients(self, step: int) -> Tensor:
        """Add up the gradients of a batch, part by part; its mean loss.

        Gradients of processes are averaged, so each counts its part of the whole batch as many times as there are some.
        """
        rows, each = self.config.training.batch_size, self.settings.micro_batch
        mine = self.world.rows(rows)
        total = torch.zeros((), device=self.settings.device.torch)
        for first in mine[::each]:
            part = slice(first, min(first + each, mine.stop))
            ids = self._feed.at(step, part)
            with adding_up(self._module, last=part.stop == mine.stop):
                loss = self.loss(ids) * (len(ids) / rows)
                (loss * self.world.size).backward()
            total += loss.detach()
        return self.world.sum_(total)

    def _clip(self) -> Tensor:
        """The gradient's norm, after which it is at most `clip_norm` long."""
        largest = self.config.optimizer.clip_norm or float("inf")
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), largest, foreach=True)
        return whole(norm)

    def _new_optimizer(self) -> Optimizer:
        chosen = self.config.optimizer
        return make_optimizer(
            self.model,
            chosen.kind,
            weight_decay=chosen.weight_decay,
            betas=(chosen.beta1, chosen.beta2),
            eps=chosen.eps,
            fused=self.settings.device.kind != "mps",
        )

    def _row(self, one: "_Pending", loss: float, norm: float, each: float, number: int) -> StepRow:
        """The row of a step, `number` of those that took `each` seconds."""
        a_step = self.config.training.batch_size * self.model.architecture.context_length
        return StepRow(
            step=one.step,
            tokens=one.step * a_step,
            seconds=self.progress.seconds + number * each,
            loss=loss,
            learning_rate=one.rate,
            grad_norm=norm,
            tokens_per_second=a_step / each,
        )
