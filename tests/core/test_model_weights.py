"""Do weights that others wrote give here the scores that they give there? Compared with `transformers` itself."""

import json
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
import safetensors.torch
import torch
import transformers

from lmcore.errors import ModelError
from lmcore.model import Architecture, TransformerLM, read_huggingface, read_llama2c
from lmcore.model.huggingface import architecture_of
from lmcore.model.huggingface_names import halves_to_pairs, is_turned, our_name, pairs_to_halves, their_name
from tests.core.huggingface_peers import SIZES, peer

CASES: Final[dict[str, dict[str, Any]]] = {
    "Θ": {"rope_parameters": {"rope_type": "default", "rope_theta": 500_000.0}},
    "shared keys and values": {"num_key_value_heads": 2},
    "tied": {"num_key_value_heads": 3, "tie_word_embeddings": True},
    "wide heads": {"head_dim": 16, "num_key_value_heads": 1},
    "eps": {"rms_norm_eps": 1e-2},
}


@torch.inference_mode()
def difference(ours: TransformerLM, theirs: transformers.PreTrainedModel) -> float:
    tokens = torch.randint(0, 131, (2, 64), generator=torch.Generator().manual_seed(5))
    scores: torch.Tensor = theirs(tokens).logits
    assert scores.std() > 0.5
    return float((ours(tokens) - scores).abs().max())


@pytest.mark.parametrize("kind", ["llama", "qwen3"])
@pytest.mark.parametrize("case", CASES)
def test_scores_are_those_of_transformers(tmp_path: Path, case: str, kind: str) -> None:
    theirs = peer(tmp_path, kind, **CASES[case])
    assert difference(read_huggingface(tmp_path), theirs) <= 1e-4


def test_what_is_read_is_what_the_config_says(tmp_path: Path) -> None:
    peer(tmp_path, **CASES["tied"])
    expected = Architecture(131, 64, 48, 3, 6, 112, num_kv_heads=3, d_head=8, tied_head=True)
    assert read_huggingface(tmp_path).architecture == expected


def test_several_files_with_an_index_are_one_model(tmp_path: Path) -> None:
    theirs = peer(tmp_path / "one")
    theirs.save_pretrained(tmp_path / "many", max_shard_size="60KB")
    assert len(list((tmp_path / "many").glob("*.safetensors"))) > 2
    assert difference(read_huggingface(tmp_path / "many"), theirs) <= 1e-4


def test_lower_precision_is_kept_where_asked_for(tmp_path: Path) -> None:
    peer(tmp_path)
    model = read_huggingface(tmp_path, torch.bfloat16)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}


def test_rows_of_halves_become_pairs() -> None:
    rows = torch.arange(12)  # two heads: 0 1 2 | 3 4 5 and 6 7 8 | 9 10 11
    assert halves_to_pairs(rows, 6).tolist() == [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]
    assert pairs_to_halves(halves_to_pairs(rows, 6), 6).tolist() == rows.tolist()


def test_names_are_the_same_there_and_back() -> None:
    ours = TransformerLM.of(Architecture(61, 24, 32, 12, 4, 80, qk_norm=True)).state_dict()
    theirs = [their_name(name) for name in ours]
    assert [our_name(name) for name in theirs] == list(ours)
    assert "model.layers.11.self_attn.o_proj.weight" in theirs
    assert {name.split(".")[3] for name in ours if is_turned(name)} == {"q_proj", "k_proj", "q_norm", "k_norm"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"model_type": "gpt2"}, "the architecture gpt2"),
        ({"attention_bias": True}, "biases in attention"),
        ({"mlp_bias": True}, "biases in the feed-forward network"),
        ({"hidden_act": "gelu"}, "the activation gelu"),
        ({"rope_scaling": {"type": "dynamic", "factor": 2.0}}, "RoPE scaled by dynamic"),
        ({"rope_scaling": {"rope_type": "yarn", "factor": 4.0}}, "RoPE scaled by yarn"),
        ({"rope_parameters": {"rope_type": "longrope", "rope_theta": 5e5}}, "RoPE scaled by longrope"),
        ({"rope_parameters": {"full_attention": {"rope_theta": 1e6}}}, "RoPE of its own for layers of one kind"),
        ({"rope_parameters": {"partial_rotary_factor": 0.5}}, "RoPE on a part of each head"),
        ({"use_sliding_window": True}, "a sliding window"),
        ({"num_key_value_heads": 4}, "6 heads cannot share 4"),
        ({"max_position_embeddings": 10**9}, "1000000000 for max_position_embeddings, .* up to 4,194,304"),
        ({"rope_theta": -1}, "says -1 for rope_theta, which has to be a number that is not negative"),
    ],
)
def test_what_the_module_cannot_be_is_refused_by_name(change: dict[str, Any], reason: str) -> None:
    config = {**SIZES, "model_type": "llama", **change}
    with pytest.raises(ModelError, match=reason):
        architecture_of(config, "config.json")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((name, value) for name in SIZES if name.startswith("num") for value in ("2", True, 0, -1, 2.0, [2])),
        ("num_hidden_layers", None),
        ("num_key_value_heads", "2"),
        ("num_key_value_heads", True),
        ("head_dim", "8"),
        ("head_dim", 0),
        ("vocab_size", "10000"),
        ("vocab_size", None),
        ("vocab_size", 1 << 80),
        ("hidden_size", {}),
        ("intermediate_size", 112.5),
        ("max_position_embeddings", True),
        ("max_position_embeddings", "64"),
        ("rms_norm_eps", None),
        ("rms_norm_eps", "1e-5"),
        ("rms_norm_eps", True),
        ("rms_norm_eps", float("nan")),
        ("rms_norm_eps", 10**400),
        ("rope_theta", False),
        ("rope_theta", float("inf")),
    ],
)
def test_what_is_no_number_is_refused_with_file_field_and_remedy(field: str, value: object) -> None:
    with pytest.raises(ModelError) as refused:
        architecture_of({**SIZES, "model_type": "llama", field: value}, "/models/config.json")
    said = str(refused.value)
    assert said.startswith(f"/models/config.json says {repr(value)[:40]}")
    assert f" for {field}, which has to be a" in said
    assert said.endswith("; correct it, or choose another model.")
    assert said.count(". ") == 0
    assert len(said) < 200


def test_sizes_that_follow_from_others_may_be_null() -> None:
    config = {**SIZES, "model_type": "llama", "num_key_value_heads": None, "head_dim": None}
    found = architecture_of(config, "here")
    assert (found.kv_heads, found.head_width) == (6, 8)


@pytest.mark.parametrize("named", [["model.safetensors"], {"lm_head.weight": 5}, {"lm_head.weight": ["a"]}, None, "a"])
def test_an_index_that_names_no_files_is_refused_with_a_remedy(tmp_path: Path, named: object) -> None:
    peer(tmp_path)
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": named}))
    with pytest.raises(
        ModelError, match=r"model\.safetensors\.index\.json has a weight_map that .*; save the model again"
    ):
        read_huggingface(tmp_path)


def test_a_config_without_a_size_is_refused() -> None:
    config = {name: size for name, size in SIZES.items() if name != "hidden_size"}
    with pytest.raises(ModelError, match="here does not say 'hidden_size'"):
        architecture_of({**config, "model_type": "llama"}, "here")


def test_damaged_folders_are_told_with_their_place(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"config\.json cannot be read"):
        read_huggingface(tmp_path)
    peer(tmp_path)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelError, match=r"model\.safetensors is damaged"):
        read_huggingface(tmp_path)
    weights.unlink()
    with pytest.raises(ModelError, match=r"model\.safetensors cannot be read"):
        read_huggingface(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ModelError, match="is not JSON"):
        read_huggingface(tmp_path)


def test_weights_that_do_not_fit_are_refused_by_name(tmp_path: Path) -> None:
    peer(tmp_path)
    tensors = safetensors.torch.load_file(tmp_path / "model.safetensors")
    config = json.loads((tmp_path / "config.json").read_text())
    for change, reason in (
        ({"model.norm.weight": None}, r"ln_final\.weight is missing"),
        ({"model.extra.weight": torch.ones(2)}, r"model\.extra\.weight has no place"),
        ({"model.layers.1.mlp.up_proj.weight": torch.ones(4, 5)}, r"layers\.1\.ffn\.w3\.weight is 4 × 5, not 112 × 48"),
    ):
        changed = {name: weight for name, weight in {**tensors, **change}.items() if weight is not None}
        safetensors.torch.save_file(changed, tmp_path / "model.safetensors")
        (tmp_path / "config.json").write_text(json.dumps(config))
        with pytest.raises(ModelError, match=reason):
            read_huggingface(tmp_path)


# ---- llama2.c ----


def llama2c(model: TransformerLM) -> bytes:
    """The file that llama2.c's exporter, version 0, would write of `model`."""
    arch, weights = model.architecture, model.state_dict()
    heads = (arch.num_heads, arch.kv_heads)
    vocab = arch.vocab_size if arch.tied_head else -arch.vocab_size
    header = struct.pack("<7i", arch.d_model, arch.d_ff, arch.num_layers, *heads, vocab, arch.context_length)
    names = ["ln1", *(f"attn.{name}_proj" for name in ("q", "k", "v", "output")), "ln2", "ffn.w1", "ffn.w2", "ffn.w3"]
    layers = [weights[f"layers.{n}.{name}.weight"] for name in names for n in range(arch.num_layers)]
    angles = torch.zeros(2 * arch.context_length * arch.head_width // 2)
    last = [] if arch.tied_head else [weights["lm_head.weight"]]
    parts = [weights["token_embeddings.weight"], *layers, weights["ln_final.weight"], angles, *last]
    return header + b"".join(part.numpy().tobytes() for part in parts)


@pytest.mark.parametrize("tied", [True, False])
def test_a_llama2c_file_gives_the_model_back(tmp_path: Path, tied: bool) -> None:
    arch = Architecture(61, 24, 32, 2, 4, 80, num_kv_heads=2, tied_head=tied)
    model = TransformerLM.of(arch)
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_()
    (tmp_path / "model.bin").write_bytes(llama2c(model))
    read = read_llama2c(tmp_path / "model.bin")
    assert read.architecture == arch
    tokens = torch.arange(24)[None]
    assert torch.equal(read(tokens), model(tokens))


def test_a_file_that_is_no_llama2c_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    whole = llama2c(TransformerLM.of(replace(Architecture(61, 24, 32, 2, 4, 80), tied_head=True)))
    for content, reason in (
        (b"ab", "is too short"),
        (b"ak42" + bytes(400), "is no llama2.c model of version 0"),
        (whole[:-4], "it is cut short"),
        (whole + bytes(4), "but a model of the sizes that it names has"),
    ):
        path.write_bytes(content)
        with pytest.raises(ModelError, match=reason):
            read_llama2c(path)
    with pytest.raises(ModelError, match="cannot be read"):
        read_llama2c(tmp_path / "none.bin")
