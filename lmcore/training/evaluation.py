"""How good is the model on text that it was not trained on, and what does it write? Loss, bits a byte, samples."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, log
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from lmcore.model.decoder import Prepared
from lmcore.model.generation import generate
from lmcore.model.sampling import Sampling
from lmcore.training.settings import EvaluationSettings
from lmcore.training.trainer import Trainer

if TYPE_CHECKING:
    from lmcore.bpe.tokenizer import Tokenizer


@dataclass(frozen=True)
class Evaluated:
    """A validation: `loss` in nats a token, its perplexity, and bits a byte where the tokenizer is known."""

    step: int
    loss: float
    perplexity: float
    bits_per_byte: float | None
    tokens: int


@dataclass(frozen=True)
class Sampled:
    """A text that the model wrote behind a prompt, at a step."""

    step: int
    prompt: str
    text: str


def evaluate(trainer: Trainer, windows: npt.NDArray[np.int64], bytes_of: npt.NDArray[np.int64] | None) -> Evaluated:
    """The loss over fixed windows [number, context + 1]; `bytes_of` is the length in bytes of each id's token.

    A special token has none, so what is told apart by it costs bits without adding bytes.
    """
    world, device = trainer.world, trainer.settings.device.torch
    share = -(-len(windows) // world.size)
    mine = windows[world.rank * share : (world.rank + 1) * share]
    total = torch.zeros((), device=device)
    with torch.no_grad():
        # Sharded weights are put together in each call, so all processes call equally often, if for nothing.
        for first in range(0, share, trainer.micro_batch):
            part = mine[first : first + trainer.micro_batch]
            ids = torch.from_numpy(part if len(part) else windows[:1]).to(device)
            total += trainer.loss(ids) * len(part)
    loss = world.sum_(total).item() / len(windows)
    predicted = windows[:, 1:]
    a_byte = None
    if bytes_of is not None and (size := int(bytes_of[predicted].sum())):
        a_byte = loss / log(2) * predicted.size / size
    return Evaluated(trainer.progress.step, loss, exp(min(loss, 700)), a_byte, predicted.size)


def samples(
    trainer: Trainer, tokenizer: "Tokenizer", chosen: EvaluationSettings, separator: int | None
) -> Iterator[Sampled]:
    """One text a prompt, each drawn with the same seed at every evaluation, so that only the model differs."""
    if chosen.sample_tokens == 0 or not chosen.prompts:
        return
    sampling = Sampling(temperature=chosen.temperature, top_p=chosen.top_p, seed=0)
    stop = () if separator is None else (separator,)
    model = trainer.whole_model()
    if not trainer.world.writes:
        return
    with torch.inference_mode():
        prepared = Prepared(model)
    room = trainer.model.architecture.context_length
    for prompt in chosen.prompts:
        ids = prompt_ids(tokenizer, prompt, separator)[-room + 1 :]
        new = [
            event.token
            for event in generate(prepared, [ids], sampling, max_new_tokens=chosen.sample_tokens, stop=stop)
            if event.ended != "stop"
        ]
        yield Sampled(trainer.progress.step, prompt, tokenizer.decode(new))


def prompt_ids(tokenizer: "Tokenizer", prompt: str, separator: int | None) -> list[int]:
    """A prompt as ids behind the separator, as texts begin in training; a model needs at least one id."""
    ids = [] if separator is None else [separator]
    ids += tokenizer.encode(prompt)
    return ids or tokenizer.encode("\n")


def token_bytes(tokenizer: "Tokenizer", vocab_size: int) -> npt.NDArray[np.int64]:
    """The bytes of each id's token, 0 for special tokens and for ids that the tokenizer does not have: [vocab_size]."""
    sizes = np.zeros(vocab_size, np.int64)
    special = set(tokenizer.special_ids.values())
    for number, token in tokenizer.vocab.items():
        if number < vocab_size and number not in special:
            sizes[number] = len(token)
    return sizes
