"""What does Hugging Face call a weight of ours, and in which order are its rows? Both ways, for reading and writing.

Its queries and keys rotate number i with number i + d_head / 2, ours adjacent pairs: the rows of their projections are
put in another order, which leaves every score as it is.
"""

from typing import Final

from torch import Tensor

_LAYER: Final = {
    "input_layernorm": "ln1",
    "post_attention_layernorm": "ln2",
    "self_attn.q_proj": "attn.q_proj",
    "self_attn.k_proj": "attn.k_proj",
    "self_attn.v_proj": "attn.v_proj",
    "self_attn.o_proj": "attn.output_proj",
    "self_attn.q_norm": "attn.q_norm",
    "self_attn.k_norm": "attn.k_norm",
    "mlp.gate_proj": "ffn.w1",
    "mlp.down_proj": "ffn.w2",
    "mlp.up_proj": "ffn.w3",
}
_OUTSIDE: Final = {"model.embed_tokens": "token_embeddings", "model.norm": "ln_final", "lm_head": "lm_head"}
_THEIRS: Final = {ours: theirs for theirs, ours in (_LAYER | _OUTSIDE).items()}
_TURNED: Final = ("q_proj", "k_proj", "q_norm", "k_norm")


def our_name(theirs: str) -> str:
    """Our name of a tensor, "" for what older files hold and nobody needs; what is unknown keeps its name."""
    stem, _, kind = theirs.rpartition(".")
    if stem.startswith("model.layers."):
        number, _, part = stem.removeprefix("model.layers.").partition(".")
        if part == "self_attn.rotary_emb":
            return ""
        return f"layers.{number}.{_LAYER[part]}.{kind}" if part in _LAYER else theirs
    return f"{_OUTSIDE[stem]}.{kind}" if stem in _OUTSIDE else theirs


def their_name(ours: str) -> str:
    """The inverse: "layers.3.ffn.w1.weight" -> "model.layers.3.mlp.gate_proj.weight"."""
    stem, _, kind = ours.rpartition(".")
    if stem.startswith("layers."):
        _, number, part = stem.split(".", 2)
        return f"model.layers.{number}.{_THEIRS[part]}.{kind}"
    return f"{_THEIRS[stem]}.{kind}"


def is_turned(ours: str) -> bool:
    """Whether the rows of this weight are in another order there."""
    return ours.split(".")[-2] in _TURNED


def halves_to_pairs(weight: Tensor, d_head: int) -> Tensor:
    """Rows of each head in the order 0, d_head / 2, 1, d_head / 2 + 1, ...; (heads · d_head, ...) -> the same."""
    halves: Tensor = weight.unflatten(0, (-1, 2, d_head // 2))
    return halves.transpose(1, 2).flatten(0, 2).contiguous()


def pairs_to_halves(weight: Tensor, d_head: int) -> Tensor:
    """The inverse: rows of each head in the order 0, 2, ..., 1, 3, ...; (heads · d_head, ...) -> the same."""
    pairs: Tensor = weight.unflatten(0, (-1, d_head // 2, 2))
    return pairs.transpose(1, 2).flatten(0, 2).contiguous()
