"""Does llama.cpp read, cut and write from our file what we do? Asked of `xllamacpp`, llama.cpp in a package."""

import builtins
import json
import subprocess
import sys
import unicodedata
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import gguf
import numpy as np
import numpy.typing as npt
import pytest
import torch

from lmcore.bpe.patterns import published_patterns
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.errors import LmError, ModelError
from lmcore.interop import export_gguf
from lmcore.interop.llama_cpp import unmade_tokens
from lmcore.model import TransformerLM
from tests.core.engine import DECLARATION
from tests.core.exporting import KINDS, TEXTS, UNSAYABLE, greedy, made, tokenizer
from tests.core.published import json_file, ranks_file
from tests.core.small_tokenizers import BYTES

END = "<|endoftext|>"
PROMPT = "Article 1"


class Peer:
    """llama.cpp with one model."""

    def __init__(self, address: str) -> None:
        self.address = address

    @classmethod
    @contextmanager
    def serving(cls, path: Path) -> Iterator[Self]:
        """It runs as long as this block."""
        command = [sys.executable, str(Path(__file__).with_name("llama_process.py")), str(path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            said = next((line for line in process.stdout if line.startswith("address ")), "")
            assert said, "it could not read the file"
            try:
                yield cls(said.split()[1])
            finally:
                process.kill()

    def encode(self, text: str) -> list[int]:
        ids: list[int] = self._ask("tokenize", content=text, parse_special=True)["tokens"]
        return ids

    def prompt_ids(self, text: str) -> list[int]:
        """With what it puts in front."""
        ids: list[int] = self._ask("tokenize", content=text, parse_special=True, add_special=True)["tokens"]
        return ids

    def greedy(self, text: str, number: int) -> tuple[list[int], str]:
        said = self._ask("completion", prompt=text, n_predict=number, temperature=0, return_tokens=True)
        return said["tokens"], said["content"]

    def log_probabilities(self, text: str, number: int) -> dict[int, float]:
        """Those of the first new id, which must be whole characters: of others it tells nothing."""
        asked = {"prompt": text, "n_predict": 1, "temperature": 0, "n_probs": number, "post_sampling_probs": False}
        (first,) = self._ask("completion", **asked)["completion_probabilities"]
        return {top["id"]: top["logprob"] for top in first["top_logprobs"]}

    def _ask(self, what: str, **body: Any) -> Any:
        request = urllib.request.Request(f"{self.address}/{what}", json.dumps(body).encode())
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=60) as answer:
            return json.load(answer)


@contextmanager
def exported(model: TransformerLM, tok: Tokenizer, path: Path, precision: Any = "f32") -> Iterator[Peer]:
    export_gguf(model, tok, path, precision)
    with Peer.serving(path) as peer:
        yield peer


def tensors(path: Path) -> dict[str, npt.NDArray[Any]]:
    """All tensors of a file as fp32."""
    return {
        one.name: gguf.quants.dequantize(one.data, one.tensor_type).reshape(one.shape.tolist()[::-1])
        for one in gguf.GGUFReader(path).tensors
    }


@pytest.mark.parametrize("kind", KINDS)
def test_scores_and_greedy_text_are_ours(tmp_path: Path, kind: str) -> None:
    tok = tokenizer()
    model = made(KINDS[kind], tok.vocab_size)
    with torch.no_grad():
        model.head_weight[tok.special_ids[END]] = 0  # behind which it would end
    words = (f"Article {number}" for number in range(99))
    prompt = next(word for word in words if "\ufffd" not in tok.decode(greedy(model, tok.encode(word), 1)))
    with torch.inference_mode():
        ours = model(torch.tensor([tok.encode(prompt)]))[0, -1].log_softmax(-1)
    with exported(model, tok, tmp_path / "model.gguf") as peer:
        scores = peer.log_probabilities(prompt, 20)
        ids, text = peer.greedy(prompt, 40)
    assert len(scores) == 20
    for token, score in scores.items():
        assert score == pytest.approx(ours[token].item(), abs=1e-4)
    assert ids == greedy(model, tok.encode(prompt), 40)
    assert text == tok.decode(ids)


@pytest.mark.parametrize("kind", ["linear scaling", "Llama 3.1's scaling", "QK-norm, linear scaling"])
def test_scaled_positions_are_ours_beyond_the_original_context(tmp_path: Path, kind: str) -> None:
    tok = tokenizer()
    model, plain = (made({**KINDS[kind], **change}, tok.vocab_size) for change in ({}, {"rope_scaling": None}))
    texts = (DECLARATION.read_text(encoding="utf-8")[begin : begin + 200] for begin in range(0, 9_000, 50))
    whole = (tok.encode(text)[:90] for text in texts)
    prompt = next(ids for ids in whole if tok.encode(tok.decode(ids)) == ids and _is_text(tok, model, ids))
    with torch.inference_mode():
        ours, without = (one(torch.tensor([prompt]))[0, -1].log_softmax(-1) for one in (model, plain))
    with exported(model, tok, tmp_path / "model.gguf") as peer:
        scores = peer.log_probabilities(tok.decode(prompt), 20)
    for token, score in scores.items():
        assert score == pytest.approx(ours[token].item(), abs=1e-4)
    assert max(abs(without[token].item() - score) for token, score in scores.items()) > 0.01


def _is_text(tok: Tokenizer, model: TransformerLM, ids: list[int]) -> bool:
    """Whether what follows is whole characters."""
    return len(ids) == 90 and "\ufffd" not in tok.decode(greedy(model, ids, 1))


def test_llama_cpp_does_not_scale_qwen3_as_llama_3_1_does(tmp_path: Path) -> None:
    """It refuses a file of that kind with a tensor of divisors."""
    tok = tokenizer()
    with pytest.raises(ModelError, match="only in models of Llama's kind"):
        export_gguf(made({**KINDS["Llama 3.1's scaling"], "qk_norm": True}, tok.vocab_size), tok, tmp_path / "a.gguf")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("leading", [(), (5,)])
def test_what_stands_in_front_of_a_text_goes_along(tmp_path: Path, leading: tuple[int, ...]) -> None:
    tok, path = tokenizer(), tmp_path / "model.gguf"
    export_gguf(made({}, tok.vocab_size), tok, path, bos=7, leading=leading)
    with Peer.serving(path) as peer:
        assert peer.prompt_ids(PROMPT) == [*leading, *tok.encode(PROMPT)]


def test_more_than_one_in_front_is_refused(tmp_path: Path) -> None:
    tok = tokenizer()
    with pytest.raises(ModelError, match=r"reads 2 tokens in front of every text, .* export it to Hugging Face"):
        export_gguf(made({}, tok.vocab_size), tok, tmp_path / "model.gguf", leading=(5, 7))
    assert list(tmp_path.iterdir()) == []


def test_it_ends_where_we_do(tmp_path: Path) -> None:
    tok = tokenizer()
    model = made({}, tok.vocab_size)
    said = greedy(model, tok.encode(PROMPT), 20)
    export_gguf(model, tok, tmp_path / "model.gguf", eos=said[7])
    with Peer.serving(tmp_path / "model.gguf") as peer:
        ids, _ = peer.greedy(PROMPT, 20)
    assert ids == said[: said.index(said[7]) + 1]


@pytest.mark.parametrize("pattern", ["gpt2", "llama3", "qwen", "deepseek"])
def test_ids_are_those_of_llama_cpp(tmp_path: Path, pattern: str) -> None:
    tok = tokenizer(pattern)
    texts = [*TEXTS, "नमस्ते ÉCOLEs they'LL\r\n\t x/ 👍🏽 ٣٤½\x1c", "\u3000e\u0301\n  "]
    with exported(made({}, tok.vocab_size), tok, tmp_path / "model.gguf") as peer:
        assert [peer.encode(text) for text in texts] == [tok.encode(text) for text in texts]


@pytest.mark.parametrize(
    ("pattern", "same", "other", "said"),
    [
        ("cl100k", "It's what they'LL  say\n\n x 12345", "x\n  ", "at the very end"),
        ("o200k", "It's what theY'LL  say\n\n x/ 12345 École", "éÉ", "capitals beyond A to Z"),
    ],
)
def test_what_is_cut_otherwise_is_said(tmp_path: Path, pattern: str, same: str, other: str, said: str) -> None:
    """With merges of all pairs of bytes, so that a cut shows in the ids."""
    pairs = [(bytes([left]), bytes([right])) for left in range(256) for right in range(256)]
    tok = Tokenizer(BYTES | {256 + i: a + b for i, (a, b) in enumerate(pairs)}, pairs, [END], pattern)
    (note,) = export_gguf(made({"d_model": 8, "num_heads": 1}, tok.vocab_size), tok, tmp_path / "model.gguf")
    assert said in note
    with Peer.serving(tmp_path / "model.gguf") as peer:
        assert peer.encode(same) == tok.encode(same)
        assert peer.encode(other) != tok.encode(other)


def test_every_published_pattern_has_a_name_there_and_others_are_refused(tmp_path: Path) -> None:
    for pattern in published_patterns():
        tok = Tokenizer(BYTES, [], [END], pattern)
        export_gguf(made({}, tok.vocab_size), tok, tmp_path / f"{pattern}.gguf")
    for pattern in ("whitespace", r"\w+|\W"):
        tok = Tokenizer(BYTES, [], [END], pattern)
        with pytest.raises(ModelError, match="no pre-tokenizer that cuts as the pattern"):
            export_gguf(made({}, tok.vocab_size), tok, tmp_path / "other.gguf")
    assert not (tmp_path / "other.gguf").exists()


@pytest.mark.parametrize("whole", [True, False])
def test_pre_tokens_that_are_tokens_are_merged_or_not_as_here(tmp_path: Path, whole: bool) -> None:
    vocab = BYTES | {256: b"ab", 257: b"bc", 258: b"abc"}  # merging gives ab, c
    tok = Tokenizer(vocab, [(b"a", b"b"), (b"b", b"c"), (b"a", b"bc")], [END], "llama3", ignore_merges=whole)
    with exported(made({}, tok.vocab_size), tok, tmp_path / "model.gguf") as peer:
        assert peer.encode("abc") == tok.encode("abc") == ([258] if whole else [256, ord("c")])


def test_tokens_that_no_merge_makes_are_refused_where_llama_cpp_merges_all(tmp_path: Path) -> None:
    vocab = BYTES | {256: b"ab", 257: b"bc", 258: b"abc"}
    merges = [(b"a", b"b"), (b"b", b"c"), (b"a", b"bc")]
    tok = Tokenizer(vocab, merges, [END], "qwen", ignore_merges=True)
    assert unmade_tokens(tok) == [b"abc"]
    with pytest.raises(ModelError, match=r"no merge makes the token 'abc' \(1 such\)"):
        export_gguf(made({}, tok.vocab_size), tok, tmp_path / "model.gguf")
    made_all = Tokenizer(BYTES | {256: b"ab", 257: b"abc"}, [merges[0], (b"ab", b"c")], [END], ignore_merges=True)
    with exported(made({}, made_all.vocab_size), made_all, tmp_path / "model.gguf") as peer:
        assert peer.encode("abc xabc") == made_all.encode("abc xabc")


def test_special_and_added_tokens_and_ids_without_a_token_are_theirs(tmp_path: Path) -> None:
    tok = Tokenizer(BYTES | {300: END.encode(), 301: b"<tool>"}, [], {END: 300}, added_tokens={"<tool>": 301})
    with exported(made({}, 320), tok, tmp_path / "model.gguf") as peer:
        assert peer.encode(f"a{END}<tool>") == [97, 300, 301]
    fields = gguf.GGUFReader(tmp_path / "model.gguf").fields
    types = fields["tokenizer.ggml.token_type"].contents()
    assert [types[one] for one in (97, 256, 300, 301, 319)] == [1, 5, 3, 4, 5]
    assert len(set(fields["tokenizer.ggml.tokens"].contents())) == 320


def test_overlapping_special_tokens_are_told(tmp_path: Path) -> None:
    tok = Tokenizer(BYTES, [], [END, "<<a", "a>>>"])
    (note,) = export_gguf(made({}, tok.vocab_size), tok, tmp_path / "model.gguf")
    assert "overlap" in note
    with Peer.serving(tmp_path / "model.gguf") as peer:
        assert peer.encode("<<a a>>>") == tok.encode("<<a a>>>")
        assert peer.encode("<<a>>>") != tok.encode("<<a>>>")


def test_a_decomposed_character_is_told_where_we_compose_it(tmp_path: Path) -> None:
    tok = Tokenizer(BYTES, [], [END], "qwen")
    tok.normalizer = "NFC"
    (note,) = export_gguf(made({}, tok.vocab_size), tok, tmp_path / "model.gguf")
    assert "does not bring text to NFC" in note
    with Peer.serving(tmp_path / "model.gguf") as peer:
        assert peer.encode("e\u0301") != tok.encode("e\u0301")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gpt2", "llama3", "qwen3", "deepseek_v3"])
def test_published_vocabularies_give_their_ids_there(tmp_path: Path, name: str, request: pytest.FixtureRequest) -> None:
    ranks = name == "gpt2"
    tok = Tokenizer.load(ranks_file(request.config, "r50k") if ranks else json_file(request.config, name))
    model = TransformerLM(max(tok.vocab) + 1, 32, 8, 1, 1, 8)
    export_gguf(model, tok, tmp_path / "model.gguf", eos=next(iter(tok.special_ids.values())))
    text = unicodedata.normalize("NFC", DECLARATION.read_text(encoding="utf-8"))[:300_000]
    with Peer.serving(tmp_path / "model.gguf") as peer:
        assert peer.encode(text) == tok.encode(text)


@pytest.mark.parametrize("precision", ["f16", "q8_0"])
def test_lower_precisions_are_as_near_as_they_can_be_and_are_read(tmp_path: Path, precision: Any) -> None:
    tok = tokenizer()
    model = made({"d_ff": 80}, tok.vocab_size)  # a row of ffn_down is no whole number of blocks
    whole = tmp_path / "whole.gguf"
    export_gguf(model, tok, whole)
    with exported(model, tok, tmp_path / "model.gguf", precision) as peer:
        (first, *_), _ = peer.greedy(PROMPT, 1)
    assert first == greedy(model, tok.encode(PROMPT), 1)[0]
    exact, rounded = tensors(whole), tensors(tmp_path / "model.gguf")
    kinds = {one.name: one.tensor_type.name for one in gguf.GGUFReader(tmp_path / "model.gguf").tensors}
    for name, weight in exact.items():
        blocks = weight.reshape(-1, 32 if kinds[name] == "Q8_0" else weight.shape[-1])
        step = {"F32": 0.0, "F16": 2**-11, "Q8_0": 1 / 254 + 2**-11}[kinds[name]]
        assert np.all(np.abs(blocks - rounded[name].reshape(blocks.shape)) <= step * np.abs(blocks).max(1)[:, None])
    norms = {kinds[name] for name in kinds if "norm" in name}
    assert norms == {"F32"}
    assert kinds["blk.0.ffn_gate.weight"] == precision.upper()
    assert kinds["blk.0.ffn_down.weight"] == "F16"


def test_every_weight_and_every_size_is_in_the_file(tmp_path: Path) -> None:
    tok = tokenizer()
    model = made({"rope_theta": 700.0, "num_kv_heads": 2, "d_head": 24}, tok.vocab_size)
    export_gguf(model, tok, tmp_path / "model.gguf")
    found, weights = tensors(tmp_path / "model.gguf"), model.state_dict()
    assert len(found) == len(weights)
    for theirs, ours in (
        ("token_embd", "token_embeddings"), ("output", "lm_head"), ("output_norm", "ln_final"),
        ("blk.1.attn_q", "layers.1.attn.q_proj"), ("blk.1.attn_k", "layers.1.attn.k_proj"),
        ("blk.1.attn_v", "layers.1.attn.v_proj"), ("blk.1.attn_output", "layers.1.attn.output_proj"),
        ("blk.0.ffn_gate", "layers.0.ffn.w1"), ("blk.0.ffn_down", "layers.0.ffn.w2"),
        ("blk.0.ffn_up", "layers.0.ffn.w3"),
    ):  # fmt: skip
        assert np.array_equal(found[f"{theirs}.weight"], weights[f"{ours}.weight"].numpy())
    fields = {name: field.contents() for name, field in gguf.GGUFReader(tmp_path / "model.gguf").fields.items()}
    assert fields["llama.rope.freq_base"] == 700.0
    assert fields["llama.rope.dimension_count"] == fields["llama.attention.key_length"] == 24
    assert (fields["llama.attention.head_count"], fields["llama.attention.head_count_kv"]) == (4, 2)
    assert fields["tokenizer.ggml.eos_token_id"] == fields["tokenizer.ggml.bos_token_id"] == tok.special_ids[END]
    assert fields["tokenizer.ggml.add_bos_token"] is False


@pytest.mark.parametrize("what", UNSAYABLE)
def test_what_llama_cpp_would_compute_otherwise_is_refused_by_name(tmp_path: Path, what: str) -> None:
    tok, (change, reason) = tokenizer(), UNSAYABLE[what]
    with pytest.raises(ModelError, match=reason):
        export_gguf(made(change, tok.vocab_size), tok, tmp_path / "model.gguf")
    assert list(tmp_path.iterdir()) == []


def test_without_an_end_of_texts_llama_cpp_would_take_a_byte_for_it(tmp_path: Path) -> None:
    tok = Tokenizer(BYTES, [], ["<one>", "<two>"])
    with pytest.raises(ModelError, match="takes id 11 where none is named"):
        export_gguf(made({}, tok.vocab_size), tok, tmp_path / "model.gguf")
    export_gguf(made({}, tok.vocab_size), tok, tmp_path / "model.gguf", eos=tok.special_ids["<two>"])
    fields = gguf.GGUFReader(tmp_path / "model.gguf").fields
    assert fields["tokenizer.ggml.eos_token_id"].contents() == 257


def test_numbers_that_do_not_fit_are_refused_and_the_old_file_stays(tmp_path: Path) -> None:
    tok, path = Tokenizer(BYTES, [], [END]), tmp_path / "model.gguf"
    model = made({}, tok.vocab_size)
    export_gguf(model, tok, path, "f16")
    before = path.read_bytes()
    with torch.no_grad():
        model.head_weight[3, 3] = 1e6
    with pytest.raises(ModelError, match=r"lm_head\.weight has numbers that f16 cannot hold"):
        export_gguf(model, tok, path, "f16")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_package_is_named_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "gguf":
            raise ModuleNotFoundError("No module named 'gguf'", name="gguf")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    tok = Tokenizer(BYTES, [], [END])
    with pytest.raises(LmError, match=r"needs gguf, which is not installed here.*pip install 'gguf>=0\.19'"):
        export_gguf(made({}, tok.vocab_size), tok, tmp_path / "model.gguf")
