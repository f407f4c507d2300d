"""Does `transformers` compute, cut and write from our folder what we do?"""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from lmcore.errors import ModelError, UsageError
from lmcore.interop import export_huggingface
from lmcore.model import read_huggingface
from tests.core.exporting import KINDS, TEXTS, UNSAYABLE, contents, greedy, made, tokenizer

END = "<|endoftext|>"


def theirs(folder: Path) -> Any:
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    model.eval()
    return model


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_those_of_transformers_and_reading_back_is_exact(tmp_path: Path, kind: str) -> None:
    tok = tokenizer()
    model = made(KINDS[kind], tok.vocab_size)
    export_huggingface(model, tok, tmp_path / "out", eos=tok.special_ids[END])
    ids = torch.randint(0, tok.vocab_size, (2, 96), generator=torch.Generator().manual_seed(5))
    with torch.inference_mode():
        scores: torch.Tensor = theirs(tmp_path / "out")(ids).logits
        assert scores.std() > 0.5
        assert float((model(ids) - scores).abs().max()) <= 1e-4
    back = read_huggingface(tmp_path / "out")
    assert back.architecture.head_width == model.architecture.head_width
    for name, weight in model.state_dict().items():
        assert torch.equal(back.state_dict()[name], weight), name
    assert torch.equal(back(ids), model(ids))


@pytest.mark.parametrize("kind", ["shared keys and values", "QK-norm, tied"])
def test_greedy_text_is_ours(tmp_path: Path, kind: str) -> None:
    tok = tokenizer()
    model, end = made(KINDS[kind], tok.vocab_size), tok.special_ids[END]
    export_huggingface(model, tok, tmp_path / "out", bos=end, eos=end)
    auto, peer = transformers.AutoTokenizer.from_pretrained(tmp_path / "out"), theirs(tmp_path / "out")
    prompt = auto("Article 1", return_tensors="pt")
    made_there = peer.generate(**prompt, max_new_tokens=40, do_sample=False)
    assert made_there[0, prompt["input_ids"].shape[1] :].tolist() == greedy(model, tok.encode("Article 1"), 40, end)


def test_generation_ends_where_ours_does(tmp_path: Path) -> None:
    tok = tokenizer()
    model = made({}, tok.vocab_size)
    said = greedy(model, [5], 20)
    export_huggingface(model, tok, tmp_path / "out", eos=said[7])
    prompt = {"input_ids": torch.tensor([[5]]), "attention_mask": torch.tensor([[1]])}
    ids = theirs(tmp_path / "out").generate(**prompt, max_new_tokens=20, do_sample=False)
    assert ids[0, 1:].tolist() == said[: said.index(said[7]) + 1]


@pytest.mark.parametrize("pattern", ["gpt2", "cl100k", r"\p{L}+|\p{N}| ?.|\n"])
def test_ids_are_those_of_the_tokenizer_that_is_opened_there(tmp_path: Path, pattern: str) -> None:
    tok = tokenizer(pattern)
    end = tok.special_ids[END]
    export_huggingface(made({}, tok.vocab_size), tok, tmp_path / "out", bos=end, eos=end)
    auto = transformers.AutoTokenizer.from_pretrained(tmp_path / "out")
    for text in TEXTS:
        assert auto(text)["input_ids"] == tok.encode(text)
        assert auto.decode(tok.encode(text)) == text
    assert (auto.bos_token_id, auto.eos_token_id, auto.pad_token_id) == (end, end, end)
    assert auto.model_max_length == 96


def test_the_config_says_what_other_programs_would_guess(tmp_path: Path) -> None:
    """Each of these has another default there."""
    tok = tokenizer()
    export_huggingface(made({"rope_theta": 700.0}, tok.vocab_size), tok, tmp_path / "out", eos=7)
    config = json.loads((tmp_path / "out" / "config.json").read_text())
    assert config["rope_theta"] == config["rope_parameters"]["rope_theta"] == 700.0
    assert config["dtype"] == config["torch_dtype"] == "float32"
    assert (config["rms_norm_eps"], config["tie_word_embeddings"]) == (1e-5, False)
    assert (config["bos_token_id"], config["eos_token_id"]) == (None, 7)
    loaded = transformers.AutoConfig.from_pretrained(tmp_path / "out")
    assert (loaded.bos_token_id, loaded.eos_token_id) == (None, 7)


def test_lower_precision_stays_as_it_is(tmp_path: Path) -> None:
    tok = tokenizer()
    model = made({}, tok.vocab_size).to(torch.bfloat16)
    export_huggingface(model, tok, tmp_path / "out")
    assert theirs(tmp_path / "out").dtype == torch.bfloat16
    back = read_huggingface(tmp_path / "out", torch.bfloat16)
    assert torch.equal(back.head_weight, model.head_weight)


@pytest.mark.parametrize("what", UNSAYABLE)
def test_what_neither_llama_nor_qwen3_is_is_refused_by_name(tmp_path: Path, what: str) -> None:
    tok, (change, reason) = tokenizer(), UNSAYABLE[what]
    with pytest.raises(ModelError, match=reason):
        export_huggingface(made(change, tok.vocab_size), tok, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_ids_that_the_model_does_not_know_are_refused(tmp_path: Path) -> None:
    tok = tokenizer()
    with pytest.raises(ModelError, match=f"ids up to {tok.vocab_size - 1:,}, but the model knows"):
        export_huggingface(made({}, tok.vocab_size - 1), tok, tmp_path / "out")
    with pytest.raises(ModelError, match="The eos id"):
        export_huggingface(made({}, tok.vocab_size), tok, tmp_path / "out", eos=tok.vocab_size)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tok, out = tokenizer(), tmp_path / "out"
    export_huggingface(made({}, tok.vocab_size), tok, out)
    before = contents(out)
    with monkeypatch.context() as patch:
        patch.setattr("lmcore.interop.huggingface._tokenizer_config", lambda *_: {"no": object()})
        with pytest.raises(TypeError):
            export_huggingface(made({"rope_theta": 9.0}, tok.vocab_size), tok, out)
    assert contents(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    export_huggingface(made({"rope_theta": 9.0}, tok.vocab_size), tok, out)
    assert json.loads((out / "config.json").read_text())["rope_theta"] == 9.0
    (out / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds other things"):
        export_huggingface(made({}, tok.vocab_size), tok, out)
