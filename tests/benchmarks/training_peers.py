"""A training step as others write it: one process that makes some steps and prints tokens a second and peak memory.

    python tests/benchmarks/training_peers.py KIND [--steps N] [--batch N]

KIND is `ours` (the project's trainer, precision and micro-batch as its probe finds them), `ours-fp32`, `ours-bf16`,
`plain` (fp32, as a student writes it from the course's handout: einsum, explicit softmax, AdamW in Python), `hf` (the
same shape as LlamaForCausalLM of `transformers` with its loss and torch's AdamW, fp32), and `hf-bf16` (that under
autocast). The shape is the course's for TinyStories; ids are random, which cost as much as others.
"""

import argparse
import json
import math
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("GOMP_SPINCOUNT", "10000")  # for all, as the project sets it for itself

import numpy as np
import torch
from torch import Tensor, nn

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

SHAPE: Final[dict[str, Any]] = {
    "vocab_size": 10_000,
    "context_length": 256,
    "num_layers": 4,
    "d_model": 512,
    "num_heads": 16,
    "d_ff": 1_344,
}
Step = Callable[[Tensor], float]


class PlainLinear(nn.Module):
    """y = W x by einsum."""

    def __init__(self, d_in: int, d_out: int) -> None:
        super().__init__()
        sigma = math.sqrt(2 / (d_in + d_out))
        self.weight = nn.Parameter(nn.init.trunc_normal_(torch.empty(d_out, d_in), 0, sigma, -3 * sigma, 3 * sigma))

    def forward(self, x: Tensor) -> Tensor:
        """(…, d_in) -> (…, d_out)."""
        return torch.einsum("...i,oi->...o", x, self.weight)


class PlainNorm(nn.Module):
    """RMSNorm, term by term."""

    def __init__(self, d_model: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d_model))

    def forward(self, x: Tensor) -> Tensor:
        """(…, d_model) -> the same."""
        out: Tensor = x / torch.sqrt((x**2).mean(-1, keepdim=True) + 1e-5) * self.weight
        return out


class PlainBlock(nn.Module):
    """Attention with all scores, and SwiGLU."""

    cos: Tensor
    sin: Tensor
    past: Tensor

    def __init__(self, d_model: int, heads: int, d_ff: int, context: int) -> None:
        super().__init__()
        self.heads, width = heads, d_model // heads
        self.q, self.k, self.v, self.o = (PlainLinear(d_model, d_model) for _ in range(4))
        self.w1, self.w2, self.w3 = PlainLinear(d_model, d_ff), PlainLinear(d_ff, d_model), PlainLinear(d_model, d_ff)
        self.ln1, self.ln2 = PlainNorm(d_model), PlainNorm(d_model)
        angles = torch.outer(torch.arange(context), 10_000.0 ** (-torch.arange(0, width, 2) / width))
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())
        self.register_buffer("past", torch.ones(context, context, dtype=torch.bool).tril())

    def forward(self, x: Tensor) -> Tensor:
        """(batch, positions, d_model) -> the same."""
        y = self.ln1(x)
        q, k, v = (self._split(part(y)) for part in (self.q, self.k, self.v))
        q, k = self._rotated(q), self._rotated(k)
        scores = torch.einsum("bhqd,bhkd->bhqk", q, k) / math.sqrt(q.shape[-1])
        weights = torch.softmax(scores.masked_fill(~self.past, -math.inf), dim=-1)
        mixed = torch.einsum("bhqk,bhkd->bhqd", weights, v).transpose(1, 2).flatten(2)
        x = x + self.o(mixed)
        y = self.ln2(x)
        gate = self.w1(y)
        out: Tensor = x + self.w2(gate * torch.sigmoid(gate) * self.w3(y))
        return out

    def _split(self, x: Tensor) -> Tensor:
        out: Tensor = x.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        return out

    def _rotated(self, x: Tensor) -> Tensor:
        even, odd = x[..., 0::2], x[..., 1::2]
        return torch.stack((even * self.cos - odd * self.sin, even * self.sin + odd * self.cos), -1).flatten(-2)


class PlainAdamW:
    """AdamW, tensor by tensor in Python."""

    def __init__(self, parameters: Iterable[nn.Parameter]) -> None:
        self.parameters = list(parameters)
        self.moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p in self.parameters]
        self.step_number = 0

    @torch.no_grad()
    def step(self) -> None:
        """Move all parameters by their gradients."""
        self.step_number += 1
        rate = 1e-3 * math.sqrt(1 - 0.95**self.step_number) / (1 - 0.9**self.step_number)
        for parameter, (m, v) in zip(self.parameters, self.moments, strict=True):
            gradient = parameter.grad
            assert gradient is not None
            m.copy_(0.9 * m + 0.1 * gradient)
            v.copy_(0.95 * v + 0.05 * gradient**2)
            parameter.copy_(parameter - rate * m / (torch.sqrt(v) + 1e-8))
            parameter.copy_(parameter - 1e-3 * 0.1 * parameter)
            parameter.grad = None


def plain() -> Step:
    """A training step as a student writes it."""
    sizes = (SHAPE["d_model"], SHAPE["num_heads"], SHAPE["d_ff"], SHAPE["context_length"])
    embeddings = nn.Embedding(SHAPE["vocab_size"], SHAPE["d_model"])
    blocks = [PlainBlock(*sizes) for _ in range(SHAPE["num_layers"])]
    norm, head = PlainNorm(SHAPE["d_model"]), PlainLinear(SHAPE["d_model"], SHAPE["vocab_size"])
    model = nn.Sequential(embeddings, *blocks, norm, head)
    optimizer = PlainAdamW(model.parameters())

    def step(ids: Tensor) -> float:
        logits = model(ids[:, :-1]).flatten(0, 1)
        logits = logits - logits.max(-1, keepdim=True).values
        chosen = logits.gather(-1, ids[:, 1:].reshape(-1, 1)).squeeze(-1)
        loss = (torch.log(torch.exp(logits).sum(-1)) - chosen).mean()
        loss.backward()
        total = math.sqrt(sum((p.grad**2).sum().item() for p in model.parameters() if p.grad is not None))
        for parameter in model.parameters():
            assert parameter.grad is not None
            parameter.grad *= min(1.0, 1.0 / (total + 1e-6))
        optimizer.step()
        return float(loss.item())

    return step


def hf(autocast: bool) -> Step:
    """A training step of `transformers`' Llama, as its documentation writes one."""
    import transformers

    config = transformers.LlamaConfig(
        vocab_size=SHAPE["vocab_size"],
        hidden_size=SHAPE["d_model"],
        intermediate_size=SHAPE["d_ff"],
        num_hidden_layers=SHAPE["num_layers"],
        num_attention_heads=SHAPE["num_heads"],
        max_position_embeddings=SHAPE["context_length"],
    )
    model: Any = transformers.LlamaForCausalLM(config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1)

    def step(ids: Tensor) -> float:
        with torch.autocast("cpu", torch.bfloat16) if autocast else nullcontext():
            loss = model(input_ids=ids[:, 1:], labels=ids[:, 1:]).loss
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        return float(loss.item())

    return step


def ours(precision: str, batch: int, steps: int) -> Callable[[], float]:
    """A step of the project's trainer on a token file of random ids."""
    from lmcore.bpe.token_file import TokenFile
    from lmcore.training.config import config_of
    from lmcore.training.creating import planned
    from lmcore.training.settling import refine, settle
    from lmcore.training.worker import new_trainer

    folder = Path(tempfile.mkdtemp(prefix="training-benchmark-"))
    ids = np.random.default_rng(0).integers(0, SHAPE["vocab_size"], 1_000_000).astype(np.uint16)
    ids.tofile(folder / "ids.bin")
    file = TokenFile(folder / "ids.bin", "uint16", len(ids), 1, len(ids), None, "0" * 64, SHAPE["vocab_size"])
    file.write_sidecar()
    training = {"steps": steps, "batch_size": batch, "precision": precision}
    data = {"train": str(file.path), "validation_fraction": 0.0}
    plan = planned(config_of({"data": data, "training": training, "model": SHAPE}), file, None, None)
    settled = settle(plan, {})
    trainer = new_trainer(plan, settled)
    settled = refine(settled, plan, trainer)
    print(*settled.notes, file=sys.stderr)

    def step() -> float:
        trainer.advance()
        return trainer.take_rows()[-1].loss

    return step


def main() -> None:
    """Make steps and print what they took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["ours", "ours-fp32", "ours-bf16", "plain", "hf", "hf-bf16"])
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--batch", type=int, default=8)
    chosen = parser.parse_args()
    torch.manual_seed(0)
    context = SHAPE["context_length"]
    if chosen.kind.startswith("ours"):
        advance = ours(chosen.kind.removeprefix("ours").lstrip("-") or "auto", chosen.batch, chosen.steps + 2)
    else:
        step = plain() if chosen.kind == "plain" else hf(chosen.kind == "hf-bf16")

        def advance() -> float:
            return step(torch.randint(0, SHAPE["vocab_size"], (chosen.batch, context + 1)))

    losses, seconds = [], []
    for _ in range(chosen.steps + 2):
        begun = time.perf_counter()
        losses.append(advance())
        seconds.append(time.perf_counter() - begun)
    timed = seconds[2:]
    report = {
        "tokens_per_second": chosen.batch * context / statistics.median(timed),
        "fastest": chosen.batch * context / min(timed),
        "first_loss": losses[0],
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
