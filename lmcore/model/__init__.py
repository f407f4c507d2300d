"""The Transformer language model: its module, its weights, and how it writes. What others use is named here."""

from typing import TYPE_CHECKING

from lmcore.lazy import lazy_names

if TYPE_CHECKING:
    from lmcore.model.architecture import Architecture
    from lmcore.model.decoder import Prepared
    from lmcore.model.generation import Alternative, Generated, generate
    from lmcore.model.huggingface import read_huggingface
    from lmcore.model.llama2c import read_llama2c
    from lmcore.model.sampling import Sampling
    from lmcore.model.transformer import TransformerLM

__all__ = [
    "Alternative",
    "Architecture",
    "Generated",
    "Prepared",
    "Sampling",
    "TransformerLM",
    "generate",
    "read_huggingface",
    "read_llama2c",
]

_HOMES = {
    "Alternative": "generation",
    "Generated": "generation",
    "Prepared": "decoder",
    "Sampling": "sampling",
    "generate": "generation",
    "Architecture": "architecture",
    "TransformerLM": "transformer",
    "read_huggingface": "huggingface",
    "read_llama2c": "llama2c",
}

__getattr__ = lazy_names(__name__, _HOMES)
"""Imports a name when it is first used: torch takes a second or two."""
