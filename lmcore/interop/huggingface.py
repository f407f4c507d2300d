"""How is a model written so that `transformers` opens it? A folder of the Llama or Qwen3 kind with its tokenizer."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import safetensors
import safetensors.torch
from torch import Tensor

from lmcore.accounting.config_writing import config_of
from lmcore.atomic import folder_aside
from lmcore.bpe import tokenizer_json
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.errors import LmError
from lmcore.interop.fitting import check_ids, kind_of
from lmcore.model.huggingface_names import is_turned, pairs_to_halves, their_name
from lmcore.model.huggingface_rope import said_of_scaling
from lmcore.model.shapes import shape_of_architecture
from lmcore.model.transformer import TransformerLM

_CONFIG: Final = "config.json"
_GENERATION: Final = "generation_config.json"
_WEIGHTS: Final = "model.safetensors"
_TOKENIZER_CONFIG: Final = "tokenizer_config.json"
FILES: Final = (_CONFIG, _GENERATION, _WEIGHTS, tokenizer_json.FILE_NAME, _TOKENIZER_CONFIG)
"""What such a folder of ours holds."""


def export_huggingface(
    model: TransformerLM, tokenizer: Tokenizer, folder: Path, *, bos: int | None = None, eos: int | None = None
) -> tuple[str, ...]:
    """Write the folder, in the precision of the weights; an older one of such files is replaced as a whole.

    `bos` begins a text and `eos` ends it, None where there is none. Gives back sentences on what other programs read
    otherwise. Raises `ModelError` for a model that cannot be said as Llama or Qwen3, and `UsageError` for a folder with
    other things in it, `LmError` where the disk does not take it; then nothing is written.
    """
    config = _config(model, bos, eos)
    check_ids(model.architecture, tokenizer, bos=bos, eos=eos)
    written = tokenizer_json.to_json(tokenizer)
    with disk_told(folder), folder_aside(folder, FILES) as aside:
        safetensors.torch.save_file(dict(named_weights(model)), aside / _WEIGHTS, metadata={"format": "pt"})
        tokenizer_json.write_json(aside / tokenizer_json.FILE_NAME, written)
        tokenizer_json.write_json(aside / _TOKENIZER_CONFIG, _tokenizer_config(model, tokenizer, bos, eos))
        tokenizer_json.write_json(aside / _GENERATION, {**_ends(bos, eos), "pad_token_id": eos})
        tokenizer_json.write_json(aside / _CONFIG, config)
    return tokenizer_json.notes(tokenizer)


@contextmanager
def disk_told(path: Path) -> Iterator[None]:
    """Turns what the system says of a write into a sentence with `path`. Raises `LmError`."""
    try:
        yield
    except (OSError, safetensors.SafetensorError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise LmError(f"{path}: cannot be written ({reason}); make room, or choose another place.") from error


def named_weights(model: TransformerLM, *, turned: bool = True) -> Iterator[tuple[str, Tensor]]:
    """Every weight, on the processor, under the name that Hugging Face gives it.

    The rows of queries and keys are in its order, or with `turned=False` in ours. A tied head is the embeddings and
    stands there once.
    """
    for ours, weight in model.state_dict().items():
        written = weight.detach().cpu()
        if turned and is_turned(ours):
            written = pairs_to_halves(written, model.architecture.head_width)
        yield their_name(ours), written.contiguous()


def _config(model: TransformerLM, bos: int | None, eos: int | None) -> dict[str, Any]:
    """The config.json. Raises `ModelError` where there is none for such a model."""
    architecture = model.architecture
    kind_of(architecture)
    dtype = str(model.head_weight.dtype).removeprefix("torch.")
    scaling = architecture.rope_scaling
    return config_of(shape_of_architecture(architecture), dtype) | {
        "rms_norm_eps": architecture.norm_eps,
        **({} if scaling is None else said_of_scaling(scaling, architecture.rope_theta)),
        **_ends(bos, eos),
    }


def _ends(bos: int | None, eos: int | None) -> dict[str, int | None]:
    """Both, also where there is none: what is not said is 1 and 2 for a Llama."""
    return {"bos_token_id": bos, "eos_token_id": eos}


def _tokenizer_config(
    model: TransformerLM, tokenizer: Tokenizer, bos: int | None, eos: int | None
) -> dict[str, str | int | bool]:
    """What `AutoTokenizer` wants to know beside the tokenizer.json, in which all that decides the ids stands."""
    texts = {token_id: token for token, token_id in tokenizer_json.whole_ids(tokenizer).items()}
    named = {"bos_token": bos, "eos_token": eos, "pad_token": eos}
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": model.architecture.context_length,
        "clean_up_tokenization_spaces": False,
        **{name: texts[token_id] for name, token_id in named.items() if token_id in texts},
    }
