"""Which models of `transformers` are read in tests? Small ones with random weights, in a folder."""

from pathlib import Path
from typing import Any, Final

import torch
import transformers

SIZES: Final = {
    "vocab_size": 131,
    "hidden_size": 48,
    "intermediate_size": 112,
    "num_hidden_layers": 3,
    "num_attention_heads": 6,
    "max_position_embeddings": 64,
    "rms_norm_eps": 1e-5,
    "initializer_range": 0.3,
}


def peer(folder: Path, kind: str = "llama", **sizes: Any) -> transformers.PreTrainedModel:
    """A model of `transformers` with random weights, norms included, saved to `folder`."""
    torch.manual_seed(3)
    config = transformers.AutoConfig.for_model(kind, **{**SIZES, "head_dim": 8, "num_key_value_heads": 6, **sizes})
    model: transformers.PreTrainedModel = transformers.AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "norm" in name:
                weight.uniform_(0.5, 1.5)
    model.save_pretrained(folder)
    model.eval()
    return model
