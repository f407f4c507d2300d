"""What are tokenizers called that come from folders which all look alike?"""

from pathlib import PurePosixPath, PureWindowsPath

import pytest

from lmcore.bpe.naming import name_of_path, told_apart

_HUB = "/home/ann/.cache/huggingface/hub"
_HASH = "607a30d783dfa663caf39e06633721c8d4cfcd7e"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/data/cl100k_base.tiktoken", "cl100k_base"),
        ("/data/tales/tokenizer.json", "tales"),
        ("/data/tales", "tales"),
        ("/data/Llama-3.2-1B", "Llama-3.2-1B"),
        ("/data/Llama-3.2-1B/tokenizer.json", "Llama-3.2-1B"),
        ("/data/llama3-3.7.2/package/models/tokenizer.json", "llama3-3.7.2"),
        ("/data/qwen3/models", "qwen3"),
        ("/data/qwen3/tokenizer", "qwen3"),
        ("/data/qwen3/original/tokenizer.model", "qwen3"),
        ("/data/qwen3/main/tokenizer/vocab.json", "qwen3"),
        ("/data/qwen3/v1.0/tokenizer.json", "qwen3"),
        (f"{_HUB}/models--openai--gpt2/snapshots/{_HASH}/tokenizer.json", "gpt2"),
        (f"{_HUB}/models--gpt2/snapshots/{_HASH}", "gpt2"),
        (f"{_HUB}/models--Qwen--Qwen3-0.6B/blobs/{_HASH}{_HASH[:24]}", "Qwen3-0.6B"),
        ("/data/gpt2-vocab.json", "gpt2"),
        ("/data/gpt2-merges.txt", "gpt2"),
        ("/data/mine.tokenizer.json", "mine"),
        ("/data/gpt2/vocab.json", "gpt2"),
        ("/data/gpt2/merges.txt", "gpt2"),
        ("/data/tokenizer-small.json", "tokenizer-small"),
        ("/data/deadbeef/tokenizer.json", "deadbeef"),
        ("/corpora/2024/tokenizer.json", "corpora"),
        ("/models/tokenizer.json", "tokenizer"),
        ("/tokenizer.json", "tokenizer"),
        ("/", "tokenizer"),
    ],
)
def test_the_nearest_part_that_says_something_is_the_name(path: str, name: str) -> None:
    assert name_of_path(PurePosixPath(path)) == name


def test_paths_of_windows_are_understood() -> None:
    assert name_of_path(PureWindowsPath(r"C:\Users\Ann\phi-4\models\tokenizer.json")) == "phi-4"
    assert name_of_path(PureWindowsPath(r"C:\tokenizer.json")) == "tokenizer"


def test_equal_names_are_told_apart_by_more_of_the_path_then_by_a_number() -> None:
    ours = PurePosixPath(f"{_HUB}/models--openai--gpt2/snapshots/{_HASH}/tokenizer.json")
    assert name_of_path(ours, {"gpt2"}) == "openai/gpt2"
    assert name_of_path(ours, {"gpt2", "openai/gpt2"}) == "gpt2 (2)"
    assert name_of_path(ours, {"gpt2", "openai/gpt2", "gpt2 (2)"}) == "gpt2 (3)"
    assert name_of_path(PurePosixPath("/gpt2.tiktoken"), {"gpt2"}) == "gpt2 (2)"
    assert name_of_path(PurePosixPath("/runs/tales/models/tokenizer.json"), {"tales"}) == "runs/tales"


def test_a_name_that_was_chosen_is_kept_where_it_can_be() -> None:
    assert told_apart("tales", PurePosixPath("/runs/tales"), set()) == "tales"
    assert told_apart("tales", PurePosixPath("/runs/tales"), {"tales"}) == "runs/tales"
    assert told_apart("tales", PurePosixPath("/tales"), {"tales"}) == "tales (2)"
    assert told_apart("tales", None, {"tales", "tales (2)"}) == "tales (3)"
