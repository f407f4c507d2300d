"""Are texts read with the special tokens in front that `transformers` puts there, and scored behind them?"""

import json
from collections.abc import Callable
from math import log
from pathlib import Path
from typing import Any, Final

import gguf
import pytest
import torch
import transformers

from lmcore import cli
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.bpe.vocab_merges import write_vocab_merges
from lmcore.errors import ModelError
from lmcore.interop import export_huggingface, open_model
from lmcore.interop.talking import answers
from lmcore.interop.talking.conversation import answer
from lmcore.interop.talking.opened_models import OpenedModels
from lmcore.interop.talking.requests import request_of
from lmcore.training.devices import choose_device
from tests.core.exporting import made
from tests.core.small_tokenizers import trained

BEGIN, END = "<|begin_of_text|>", "<|endoftext|>"
TEXT: Final = "The whale, the whale!\n"


def tokenizer() -> Tokenizer:
    return trained("gpt2", (BEGIN, END))


def template(*single: str) -> dict[str, Any]:
    """A post-processor that frames the text "A"."""
    pieces = [{"Sequence" if name == "A" else "SpecialToken": {"id": name, "type_id": 0}} for name in single]
    ids = tokenizer().special_ids
    tokens = {name: {"id": name, "ids": [ids[name]], "tokens": [name]} for name in single if name != "A"}
    pair = [*pieces, {"Sequence": {"id": "B", "type_id": 1}}]
    return {"type": "TemplateProcessing", "single": pieces, "pair": pair, "special_tokens": tokens}


BYTE_LEVEL: Final = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True}


def sequence(*processors: object) -> dict[str, Any]:
    return {"type": "Sequence", "processors": [*processors]}


def folder_of(path: Path, processor: object = None, **said: Any) -> Path:
    """A model's folder whose tokenizer has a post-processor; `said` goes into its tokenizer_config.json."""
    export_huggingface(made({}, tokenizer().vocab_size), tokenizer(), path, eos=tokenizer().special_ids[END])
    for name, more in (("tokenizer.json", {"post_processor": processor}), ("tokenizer_config.json", said)):
        content = json.loads((path / name).read_text(encoding="utf-8"))
        (path / name).write_text(json.dumps(content | more), encoding="utf-8")
    return path


def with_begin(path: Path) -> Path:
    return folder_of(path, sequence(BYTE_LEVEL, template(BEGIN, "A")))


def said(path: Path, **request: Any) -> list[answers.Answer]:
    heard = answer(request_of(request | {"model": str(path)}), OpenedModels(choose_device("cpu")))
    return [one for one in heard if one is not None]


CASES: Final[dict[str, Callable[[], tuple[object, dict[str, Any], int]]]] = {
    "none": lambda: (None, {}, 0),
    "bytes alone": lambda: (BYTE_LEVEL, {}, 0),
    "in front": lambda: (template(BEGIN, "A"), {}, 1),
    "in a sequence": lambda: (sequence(BYTE_LEVEL, template(BEGIN, "A")), {}, 1),
    "two in front": lambda: (template(END, BEGIN, "A"), {}, 2),
    "not added, but in front": lambda: (template(BEGIN, "A"), {"add_bos_token": False, "bos_token": BEGIN}, 1),
    "added, but a tokenizer.json": lambda: (BYTE_LEVEL, {"add_bos_token": True, "bos_token": BEGIN}, 0),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("text", [TEXT, "a", f"The whale{END} and the sea"])
def test_a_prompt_is_read_as_transformers_reads_it(tmp_path: Path, case: str, text: str) -> None:
    processor, config, number = CASES[case]()
    folder = folder_of(tmp_path / "model", processor, **config)
    theirs = transformers.PreTrainedTokenizerFast.from_pretrained(folder)
    opened = open_model(folder)
    assert opened.prompt_ids(text) == opened.text_ids(text) == theirs(text)["input_ids"]
    assert len(opened.leading) == number
    assert (opened.prompt_ids("") == theirs("")["input_ids"]) == bool(number)


def test_what_stands_behind_a_text_is_left_out(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "model", template(BEGIN, "A", END))
    *theirs, end = transformers.PreTrainedTokenizerFast.from_pretrained(folder)(TEXT)["input_ids"]
    assert (open_model(folder).prompt_ids(TEXT), end) == (theirs, tokenizer().special_ids[END])


def test_pairs_of_begin_and_end_are_read_as_well(tmp_path: Path) -> None:
    begin, end = ([name, tokenizer().special_ids[name]] for name in (BEGIN, END))
    for kind, more in (("Roberta", {"trim_offsets": True, "add_prefix_space": False}), ("Bert", {})):
        folder = folder_of(tmp_path / kind, {"type": f"{kind}Processing", "sep": end, "cls": begin, **more})
        *theirs, _ = transformers.PreTrainedTokenizerFast.from_pretrained(folder)(TEXT)["input_ids"]
        assert open_model(folder).prompt_ids(TEXT) == theirs


@pytest.mark.filterwarnings("ignore:Deprecated in 0.9.0")  # of `tokenizers`, which `transformers` calls so
@pytest.mark.parametrize("added", [True, False])
def test_two_files_have_it_from_their_configuration(tmp_path: Path, added: bool) -> None:
    folder = folder_of(tmp_path / "model")
    (folder / "tokenizer.json").unlink()
    write_vocab_merges(tokenizer(), tmp_path / "files")
    for file in (tmp_path / "files").iterdir():
        file.replace(folder / file.name)
    config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    config |= {"add_bos_token": added, "bos_token": BEGIN, "eos_token": END, "unk_token": END}
    (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    theirs = transformers.GPT2Tokenizer.from_pretrained(folder)(TEXT)["input_ids"]
    assert open_model(folder).prompt_ids(TEXT) == theirs
    assert (theirs[0] == tokenizer().special_ids[BEGIN]) == added


def test_a_class_that_reads_its_configuration_beside_is_heeded(tmp_path: Path) -> None:
    named = {"content": BEGIN, "special": True}
    config = {"tokenizer_class": "LlamaTokenizerFast", "add_bos_token": True, "bos_token": named}
    folder = folder_of(tmp_path / "model", BYTE_LEVEL, **config)
    assert open_model(folder).leading == (tokenizer().special_ids[BEGIN],)


def test_a_text_that_begins_with_it_does_not_get_it_twice(tmp_path: Path) -> None:
    opened = open_model(with_begin(tmp_path / "model"))
    assert opened.prompt_ids(BEGIN + TEXT) == opened.prompt_ids(TEXT)
    assert opened.prompt_ids("") == opened.prompt_ids(BEGIN) == [*opened.leading]


def test_the_window_and_the_command_show_it_as_a_token_of_the_prompt(tmp_path: Path, capsys: Any) -> None:
    folder = with_begin(tmp_path / "model")
    ids = transformers.PreTrainedTokenizerFast.from_pretrained(folder)(TEXT)["input_ids"]
    prompt, *_ = said(folder, do="generate", prompt=TEXT, max_new_tokens=1)
    assert isinstance(prompt, answers.Prompt)
    assert [one.token for one in prompt.tokens] == ids
    assert bytes.fromhex(prompt.tokens[0].bytes).decode() == BEGIN
    assert cli.main(["generate", str(folder), "--prompt", TEXT, "--max-new-tokens", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["prompt_ids"] == ids


def test_it_goes_along_in_an_export(tmp_path: Path) -> None:
    folder, begin = with_begin(tmp_path / "model"), tokenizer().special_ids[BEGIN]
    assert cli.main(["export", str(folder), "--to", "huggingface", "--out", str(tmp_path / "again")]) == 0
    assert open_model(tmp_path / "again").leading == (begin,)
    assert cli.main(["export", str(folder), "--to", "gguf", "--out", str(tmp_path / "a.gguf")]) == 0
    fields = gguf.GGUFReader(tmp_path / "a.gguf").fields
    told = [fields[f"tokenizer.ggml.{name}"].contents() for name in ("add_bos_token", "bos_token_id")]
    assert told == [True, begin]


@pytest.mark.parametrize("text", [TEXT, BEGIN + TEXT])
def test_a_text_is_scored_from_its_first_token_on(tmp_path: Path, text: str) -> None:
    folder = with_begin(tmp_path / "model")
    *parts, scored = said(folder, do="score", text=text)
    tokens = [one for part in parts if isinstance(part, answers.Part) for one in part.tokens]
    ids = transformers.PreTrainedTokenizerFast.from_pretrained(folder)(TEXT)["input_ids"]
    with torch.no_grad():
        logs = open_model(folder).model(torch.tensor([ids]))[0].double().log_softmax(-1)
    expected = [logs[place, token].item() for place, token in enumerate(ids[1:])]
    assert [one.token for one in tokens] == ids
    assert tokens[0].log_probability is None
    assert [one.log_probability for one in tokens[1:]] == pytest.approx(expected, abs=1e-4)
    assert isinstance(scored, answers.Scored)
    assert (scored.number, scored.bytes) == (len(ids), len(TEXT.encode()))
    assert scored.bits_per_byte == pytest.approx(-sum(expected) / log(2) / len(TEXT.encode()), abs=1e-4)


def test_tokens_that_lead_have_no_bytes(tmp_path: Path) -> None:
    """Neither the second of two, though it is foreseen."""
    folder = folder_of(tmp_path / "model", template(END, BEGIN, "A"))
    *_, scored = said(folder, do="score", text="a")
    assert isinstance(scored, answers.Scored)
    assert (scored.number, scored.bytes) == (3, 1)


@pytest.mark.parametrize(
    ("processor", "reason"),
    [
        ([], r"tokenizer\.json: post_processor is not an object"),
        (template(BEGIN, "A") | {"special_tokens": {}}, r"post_processor\.special_tokens\.<\|begin_of_text\|> is miss"),
        ({"type": "BertProcessing", "cls": [BEGIN]}, r"post_processor\.cls is not a whole number"),
    ],
)
def test_a_damaged_post_processor_is_told_with_its_place(tmp_path: Path, processor: object, reason: str) -> None:
    opened = open_model(folder_of(tmp_path / "model", processor))
    with pytest.raises(ModelError, match=f"has no tokenizer that can be opened: .*{reason}"):
        opened.prompt_ids(TEXT)
