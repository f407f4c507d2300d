"""How is a model written so that llama.cpp opens it? One file, GGUF: sizes, tokenizer and weights.

llama.cpp computes Llama's kind with adjacent pairs, as we do, and Qwen3's with halves, as Hugging Face does. It takes
what a file does not say from elsewhere, and says nothing: Θ as 10,000, the end of a text as id 11.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt

from lmcore.atomic import writing_aside
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.errors import ModelError
from lmcore.interop.fitting import Kind, check_ids, kind_of, usual_end
from lmcore.interop.huggingface import disk_told, named_weights
from lmcore.interop.llama_cpp import Vocabulary, vocabulary_of
from lmcore.model.architecture import Architecture
from lmcore.model.rope_scaling import LinearScaling, Llama3Scaling, divisors
from lmcore.model.transformer import TransformerLM
from lmcore.packages import needed_for

if TYPE_CHECKING:
    from gguf import GGMLQuantizationType, GGUFWriter

Precision = Literal["f32", "f16", "q8_0"]
PRECISIONS: Final[Sequence[Precision]] = ("f32", "f16", "q8_0")
MAGIC: Final = b"GGUF"
Array = npt.NDArray[Any]


def export_gguf(
    model: TransformerLM,
    tokenizer: Tokenizer,
    path: Path,
    precision: Precision = "f32",
    *,
    bos: int | None = None,
    eos: int | None = None,
    leading: Sequence[int] = (),
) -> tuple[str, ...]:
    """Write the file with matrices in `precision` and norms in fp32; gives back sentences on what differs there.

    `eos` ends a text and `bos` begins it; unless given, that is the id that divides texts. `leading` is what the model
    reads in front of every text: nothing, or one id, which then is the one that begins. "q8_0" keeps blocks of 32
    numbers in 34 bytes; a matrix whose rows 32 does not divide is written as "f16". Raises `ModelError` for what
    llama.cpp would compute or cut otherwise, `LmError` where the package gguf is missing or the disk full; then
    nothing is written.
    """
    with needed_for("Writing GGUF"):
        import gguf

    kind = kind_of(model.architecture)
    end = _end(tokenizer) if eos is None else eos
    begin = next(iter(leading), end if bos is None else bos)
    _check_leading(leading)
    check_ids(model.architecture, tokenizer, bos=begin, eos=end)
    vocabulary = vocabulary_of(tokenizer, model.architecture.vocab_size)
    tensors = [*_rope_tensors(model.architecture, kind), *_tensors(model, kind, precision)]
    with disk_told(path), writing_aside(path, "wb") as file, closing(gguf.GGUFWriter(file.name, kind)) as writer:
        _add_sizes(writer, model, precision)
        _add_tokenizer(writer, vocabulary, begin, end, leads=bool(leading))
        for name, weight, written_as in tensors:
            writer.add_tensor(name, weight, raw_dtype=written_as)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    return vocabulary.notes


def _end(tokenizer: Tokenizer) -> int:
    """The id that ends a text where none is given."""
    end = usual_end(tokenizer)
    if end is None:
        raise ModelError(
            "llama.cpp wants to know which id ends a text, and takes id 11 where none is named, but this tokenizer has "
            "neither <|endoftext|> nor just one special token; export the model to Hugging Face instead."
        )
    return end


def _add_sizes(writer: "GGUFWriter", model: TransformerLM, precision: Precision) -> None:
    """What the model is."""
    import gguf

    types = {
        "f32": gguf.LlamaFileType.ALL_F32,
        "f16": gguf.LlamaFileType.MOSTLY_F16,
        "q8_0": gguf.LlamaFileType.MOSTLY_Q8_0,
    }
    architecture = model.architecture
    writer.add_file_type(types[precision])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_context_length(architecture.context_length)
    writer.add_embedding_length(architecture.d_model)
    writer.add_block_count(architecture.num_layers)
    writer.add_feed_forward_length(architecture.d_ff)
    writer.add_head_count(architecture.num_heads)
    writer.add_head_count_kv(architecture.kv_heads)
    writer.add_key_length(architecture.head_width)
    writer.add_value_length(architecture.head_width)
    writer.add_layer_norm_rms_eps(architecture.norm_eps)
    writer.add_rope_dimension_count(architecture.head_width)
    writer.add_rope_freq_base(architecture.rope_theta)
    if isinstance(architecture.rope_scaling, LinearScaling):
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(architecture.rope_scaling.factor)
    writer.add_vocab_size(architecture.vocab_size)


def _check_leading(leading: Sequence[int]) -> None:
    if len(leading) > 1:
        raise ModelError(
            f"This model reads {len(leading)} tokens in front of every text, of which a GGUF file can say one, so "
            "nothing was written; export it to Hugging Face."
        )


def _add_tokenizer(writer: "GGUFWriter", vocabulary: Vocabulary, bos: int, eos: int, *, leads: bool) -> None:
    """How text becomes ids; `bos` is put before it where it `leads` here."""
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(vocabulary.pre)
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.types)
    writer.add_token_merges(vocabulary.merges)
    writer.add_bos_token_id(bos)
    writer.add_eos_token_id(eos)
    writer.add_add_bos_token(leads)


def _rope_tensors(architecture: Architecture, kind: Kind) -> Iterator[tuple[str, Array, "GGMLQuantizationType"]]:
    """What divides each pair's frequency, where that is not the same for all. Raises `ModelError` for Qwen3's kind."""
    import gguf

    scaling = architecture.rope_scaling
    if not isinstance(scaling, Llama3Scaling):
        return
    if kind != "llama":
        raise ModelError(
            "llama.cpp scales RoPE as Llama 3.1 does only in models of Llama's kind, and with QK-norm this one is of "
            "Qwen3's; export the model to Hugging Face instead."
        )
    content = np.array(divisors(scaling, architecture.head_width, architecture.rope_theta), dtype=np.float32)
    name = f"{gguf.TENSOR_NAMES[gguf.MODEL_TENSOR.ROPE_FREQS]}.weight"
    yield name, content, gguf.GGMLQuantizationType.F32


def _tensors(
    model: TransformerLM, kind: Kind, precision: Precision
) -> Iterator[tuple[str, Array, "GGMLQuantizationType"]]:
    """Name, content and type of every tensor as the file has them. Raises `ModelError` for what fp16 cannot hold."""
    import gguf

    architectures = {"llama": gguf.MODEL_ARCH.LLAMA, "qwen3": gguf.MODEL_ARCH.QWEN3}
    names = gguf.get_tensor_name_map(architectures[kind], model.architecture.num_layers)
    for theirs, weight in named_weights(model, turned=kind == "qwen3"):
        name = names.get_name(theirs, try_suffixes=(".weight",))
        assert name, f"{theirs} has a name in every such file"
        content: Array = weight.float().numpy()
        written_as = _type(content, precision)
        if float(np.abs(content).max()) > _largest(written_as):
            raise ModelError(f"{theirs} has numbers that {precision} cannot hold; export the model as f32.")
        yield name, gguf.quants.quantize(content, written_as), written_as


def _type(content: Array, precision: Precision) -> "GGMLQuantizationType":
    """What a tensor is written as: norms are few numbers, on which much depends."""
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    block, _ = GGML_QUANT_SIZES[GGMLQuantizationType.Q8_0]
    if content.ndim == 1 or precision == "f32":
        return GGMLQuantizationType.F32
    if precision == "q8_0" and content.shape[-1] % block == 0:
        return GGMLQuantizationType.Q8_0
    return GGMLQuantizationType.F16


def _largest(written_as: "GGMLQuantizationType") -> float:
    """The largest number of a type; a block of Q8_0 has a factor in fp16 for whole numbers up to 127."""
    from gguf import GGMLQuantizationType

    halves = float(np.finfo(np.float16).max)
    return {GGMLQuantizationType.F16: halves, GGMLQuantizationType.Q8_0: 127 * halves}.get(written_as, float("inf"))
