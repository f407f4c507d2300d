"""Which models are exported in tests? Small ones whose every weight matters, and a vocabulary of many scripts."""

from pathlib import Path
from typing import Any, Final

import torch

from lmcore.bpe.tokenizer import Tokenizer
from lmcore.model import Sampling, TransformerLM, generate
from lmcore.model.rope_scaling import LinearScaling, Llama3Scaling
from tests.core.small_tokenizers import trained

KINDS: Final[dict[str, dict[str, Any]]] = {
    "Θ": {"rope_theta": 700.0},
    "shared keys and values": {"num_kv_heads": 2, "rope_theta": 500_000.0},
    "tied": {"tied_head": True, "num_kv_heads": 1},
    "wide heads": {"d_head": 24},
    "eps": {"norm_eps": 1e-2},
    "QK-norm": {"qk_norm": True, "num_kv_heads": 2, "rope_theta": 700.0},
    "linear scaling": {"rope_theta": 100.0, "rope_scaling": LinearScaling(3.0)},
    "Llama 3.1's scaling": {"rope_theta": 100.0, "rope_scaling": Llama3Scaling(8.0, 1.0, 4.0, 16)},
    "QK-norm, linear scaling": {"qk_norm": True, "rope_scaling": LinearScaling(2.5)},
    "QK-norm, tied": {"qk_norm": True, "tied_head": True, "d_head": 24},
}
UNSAYABLE: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "post-norm": ({"norm": "post"}, "post-norm"),
    "no norm": ({"norm": "none"}, "no norms"),
    "NoPE": ({"position": "none"}, "NoPE"),
    "SiLU": ({"feed_forward": "silu"}, "feed-forward is SiLU"),
    "GELU": ({"feed_forward": "gelu"}, "feed-forward is GELU"),
    "ReLU²": ({"feed_forward": "relu2"}, "feed-forward is ReLU²"),
}
TEXTS: Final = (
    "It's what they'll say,  isn't it?\n\n  1234 Artículo 中文 Ça va<|endoftext|>Article 12",
    "  leading and trailing\t ",
    "<|endoftext|>",
)


def tokenizer(pattern: str = "gpt2") -> Tokenizer:
    """One that has merges in many scripts."""
    return trained(pattern, ("<|endoftext|>",))


def made(kind: dict[str, Any], vocab_size: int) -> TransformerLM:
    """A model of a context of 96, with scores that are far enough from one another; 32 divides its rows."""
    torch.manual_seed(1)
    sizes: dict[str, Any] = {"context_length": 96, "d_model": 64, "num_layers": 2, "num_heads": 4, "d_ff": 96}
    model = TransformerLM(vocab_size, **{**sizes, **kind})
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "norm" in name or "ln" in name:
                weight.uniform_(0.5, 1.5)
        model.head_weight.mul_(3)
    return model


def greedy(model: TransformerLM, prompt: list[int], number: int, *stop: int) -> list[int]:
    """The likeliest ids behind a prompt."""
    return [event.token for event in generate(model, [prompt], Sampling(0), max_new_tokens=number, stop=stop)]


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}
