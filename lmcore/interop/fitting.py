"""Which models can be said as others name them? Llama's kind and Qwen3's; what would compute otherwise is refused."""

from typing import Final, Literal

from lmcore.bpe.token_writing import USUAL_SEPARATOR
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.errors import ModelError
from lmcore.model.architecture import Architecture

Kind = Literal["llama", "qwen3"]
_FEED_FORWARDS: Final = {"silu": "SiLU", "gelu": "GELU", "relu2": "ReLU²"}


def kind_of(architecture: Architecture) -> Kind:
    """The kind that computes just what `architecture` does. Raises `ModelError` naming what neither has."""
    feed_forward = architecture.feed_forward
    reasons = {
        "its norms stand behind the additions (post-norm)": architecture.norm == "post",
        "it has no norms": architecture.norm == "none",
        "it knows no positions (NoPE)": architecture.position == "none",
        f"its feed-forward is {_FEED_FORWARDS.get(feed_forward)}": feed_forward != "swiglu",
    }
    found = [reason for reason, holds in reasons.items() if holds]
    if found:
        raise ModelError(
            f"This model is neither of Llama's kind nor of Qwen3's, which are pre-norm with RoPE and SwiGLU: "
            f"{', '.join(found)}. Other programs would compute something else, so nothing was written."
        )
    return "qwen3" if architecture.qk_norm else "llama"


def check_ids(architecture: Architecture, tokenizer: Tokenizer, **ends: int | None) -> None:
    """Raises `ModelError` where the tokenizer, or one of `ends` by its name, has ids that the model does not know."""
    highest = max(tokenizer.vocab)
    if highest >= architecture.vocab_size:
        raise ModelError(
            f"The tokenizer has ids up to {highest:,}, but the model knows {architecture.vocab_size:,}; "
            f"take the tokenizer that it was trained with."
        )
    for name, token_id in ends.items():
        if token_id is not None and not 0 <= token_id < architecture.vocab_size:
            raise ModelError(f"The {name} id {token_id:,} is none of the model's {architecture.vocab_size:,} ids.")


def usual_end(tokenizer: Tokenizer) -> int | None:
    """The id that divides texts: that of `<|endoftext|>`, or of the only special token; None where that is open."""
    if USUAL_SEPARATOR in tokenizer.special_ids or len(tokenizer.special_ids) != 1:
        return tokenizer.special_ids.get(USUAL_SEPARATOR)
    return next(iter(tokenizer.special_ids.values()))
