"""Do `export` and `generate` open what they are given, say what they did, and leave other people's files alone?"""

import json
import resource
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import main
from lmcore import cli
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.errors import LmError, ModelError
from lmcore.interop import export_gguf, export_huggingface, open_model
from lmcore.interop.generate_command import Continuation
from lmcore.model import Generated, Sampling, generate
from lmcore.packages import REQUIREMENTS, needed_for
from tests.core.exporting import contents, greedy, made, tokenizer
from tests.core.small_tokenizers import BYTES

END = "<|endoftext|>"


@pytest.fixture(scope="module")
def tok() -> Tokenizer:
    return tokenizer()


@pytest.fixture(scope="module")
def folder(tok: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model's folder."""
    path = tmp_path_factory.mktemp("models") / "model"
    export_huggingface(made({"num_kv_heads": 2}, tok.vocab_size), tok, path, eos=tok.special_ids[END])
    return path


def output(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> tuple[str, str]:
    assert cli.main([str(argument) for argument in arguments]) == status
    captured = capsys.readouterr()
    return captured.out, captured.err


# ---- opening ----


def test_a_hugging_face_folder_is_opened_with_its_tokenizer_and_its_ends(folder: Path, tok: Tokenizer) -> None:
    opened = open_model(folder)
    assert opened.needed_tokenizer().encode("Article 1") == tok.encode("Article 1")
    assert (opened.bos, opened.eos) == (None, (tok.special_ids[END],))
    assert opened.model.architecture.kv_heads == 2
    assert str(folder) in opened.what


def test_several_ends_are_all_known(folder: Path, tmp_path: Path) -> None:
    for name, content in contents(folder).items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "generation_config.json").write_text(json.dumps({"bos_token_id": 4, "eos_token_id": [9, 3]}))
    assert (open_model(tmp_path).bos, open_model(tmp_path).eos) == (4, (9, 3))
    (tmp_path / "generation_config.json").write_text("{")
    with pytest.raises(ModelError, match=r"generation_config\.json is not JSON"):
        open_model(tmp_path)


@pytest.mark.parametrize("begin", [-1, 10**6, True, "1", None])
def test_an_end_that_is_no_id_of_the_model_stands_for_none(folder: Path, tmp_path: Path, begin: object) -> None:
    for name, content in contents(folder).items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "generation_config.json").write_text(json.dumps({"bos_token_id": begin, "eos_token_id": [begin, 3]}))
    opened = open_model(tmp_path)
    assert (opened.bos, opened.eos) == (None, (3,))
    assert opened.prompt_ids("") == [3]


def test_a_model_without_a_tokenizer_opens_and_says_what_is_missing(folder: Path, tmp_path: Path) -> None:
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    opened = open_model(tmp_path)
    assert opened.tokenizer is None
    with pytest.raises(ModelError, match=r"has no tokenizer that can be opened: .* no tokenizer is in this folder"):
        opened.needed_tokenizer()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read"),
        ("{", "is not JSON"),
        ("[]", "no JSON object"),
        ('{"format": 1}', "holds no model that"),
    ],
)
def test_what_is_no_model_is_refused(tmp_path: Path, content: str | None, reason: str) -> None:
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(ModelError, match=reason):
        open_model(tmp_path)


def test_what_is_said_of_missing_packages_is_what_set_up_installs() -> None:
    environment = main.Environment(main.ROOT)
    extra = set(environment.requirements("training")) - set(environment.requirements(""))
    assert set(REQUIREMENTS.values()) == extra
    with pytest.raises(LmError, match=r"Generating needs torch, .* pip install 'torch>="), needed_for("Generating"):
        raise ModuleNotFoundError("No module named 'torch'", name="torch")
    with pytest.raises(ModuleNotFoundError), needed_for("Generating"):
        raise ModuleNotFoundError("No module named 'else'", name="else")


# ---- export ----


def test_export_writes_what_the_library_writes(folder: Path, tok: Tokenizer, tmp_path: Path, capsys: Any) -> None:
    model, end = open_model(folder).model, tok.special_ids[END]
    printed, _ = output(capsys, "export", folder, "--to", "huggingface", "--out", tmp_path / "again", "--json")
    assert contents(tmp_path / "again") == contents(folder)
    report = json.loads(printed)
    assert report["bytes"] == sum(map(len, contents(folder).values()))
    assert report["parameters"] == sum(weight.numel() for weight in model.parameters())
    for precision in ("f32", "q8_0"):
        export_gguf(model, tok, tmp_path / "expected.gguf", precision, eos=end)
        out = tmp_path / "model.gguf"
        output(capsys, "export", folder, "--to", "gguf", "--out", out, "--precision", precision)
        assert out.read_bytes() == (tmp_path / "expected.gguf").read_bytes()


def test_people_get_a_sentence_and_what_differs_goes_elsewhere(tmp_path: Path, capsys: Any) -> None:
    tok = Tokenizer(BYTES, [], [END], "cl100k")
    export_huggingface(made({}, tok.vocab_size), tok, tmp_path / "model", eos=256)
    out = tmp_path / "model.gguf"
    printed, said = output(capsys, "export", tmp_path / "model", "--to", "gguf", "--out", out)
    assert f"saved to {out}." in printed
    assert "llama.cpp cuts as cl100k but for" in said
    printed, said = output(capsys, "export", tmp_path / "model", "--to", "gguf", "--out", out, "--json")
    assert (said, len(json.loads(printed)["notes"]), json.loads(printed)["precision"]) == ("", 1, "f32")


@pytest.mark.parametrize(
    "case", ["source", "foreign folder", "foreign file", "own file", "folder", "precision", "none"]
)
def test_nothing_is_written_over_that_is_not_ours(case: str, folder: Path, tmp_path: Path, capsys: Any) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("mine")
    cases: dict[str, tuple[list[Any], str]] = {
        "source": (["huggingface", "--out", folder], "is the folder that is read"),
        "foreign folder": (["huggingface", "--out", mine], "holds other things"),
        "foreign file": (["gguf", "--out", mine / "thesis.txt"], "is no GGUF model"),
        "own file": (["gguf", "--out", folder / "model.safetensors"], "is read for this"),
        "folder": (["gguf", "--out", mine], "is a folder"),
        "precision": (["huggingface", "--out", tmp_path / "new", "--precision", "f16"], "--precision is for gguf"),
        "none": (["gguf"], "--out"),
    }
    arguments, reason = cases[case]
    before = contents(folder) | contents(mine)
    printed, said = output(capsys, "export", folder, "--to", *arguments, status=2)
    assert (printed, said.count("\n")) == ("", 1)
    assert reason in said
    assert contents(folder) | contents(mine) == before
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("form", ["huggingface", "gguf"])
def test_a_disk_that_takes_no_more_is_told_with_the_place(folder: Path, tmp_path: Path, capsys: Any, form: str) -> None:
    """No file may grow beyond 100 kB, which is as if the disk were full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        printed, said = output(capsys, "export", folder, "--to", form, "--out", tmp_path / "out", status=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert printed == ""
    assert said.startswith(f"lmcore: {tmp_path / 'out'}: cannot be written (")
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


# ---- generate ----


def test_the_text_goes_to_standard_output_and_all_else_elsewhere(folder: Path, tok: Tokenizer, capsys: Any) -> None:
    ids = greedy(open_model(folder).model, tok.encode("Article 1"), 30, tok.special_ids[END])
    arguments = ["--prompt", "Article 1", "--temperature", 0, "--max-new-tokens", 30]
    printed, said = output(capsys, "generate", folder, *arguments)
    assert printed == tok.decode([token for token in ids if token != tok.special_ids[END]])
    assert said.startswith(f"{len(ids)} tokens in ")


@pytest.mark.parametrize("cache", [[], ["--no-cache"]])
def test_every_setting_reaches_the_model(folder: Path, tok: Tokenizer, capsys: Any, cache: list[str]) -> None:
    settings = Sampling(1.5, 40, 0.9, 0.01, 1.3, 11)
    arguments = ["--temperature", 1.5, "--top-k", 40, "--top-p", 0.9, "--min-p", 0.01, "--repetition-penalty", 1.3]
    arguments += ["--seed", 11, "--max-new-tokens", 25, "--json", *cache]
    printed, said = output(capsys, "generate", folder, "--prompt", "Article", *arguments)
    report = json.loads(printed)
    prompt, end = tok.encode("Article"), tok.special_ids[END]
    events = list(generate(open_model(folder).model, [prompt], settings, max_new_tokens=25, stop=[end]))
    assert (report["ids"], report["prompt_ids"]) == ([event.token for event in events], prompt)
    assert report["log_probabilities"] == pytest.approx([event.log_probability for event in events], abs=1e-4)
    assert report["text"] == tok.decode([token for token in report["ids"] if token != end])
    assert report["ended"] == events[-1].ended
    assert report["tokens_per_second"] == pytest.approx(len(events) / report["seconds"])
    assert said == ""
    for change in ({"seed": 12}, {"temperature": 1.0}, {"top_k": 2}, {"repetition_penalty": 1.0}):
        other = list(generate(open_model(folder).model, [prompt], replace(settings, **change), max_new_tokens=25))
        assert [event.token for event in other] != report["ids"]


def test_an_empty_prompt_begins_a_text(folder: Path, tok: Tokenizer, capsys: Any) -> None:
    printed, _ = output(capsys, "generate", folder, "--prompt", "", "--max-new-tokens", 2, "--json")
    assert json.loads(printed)["prompt_ids"] == [tok.special_ids[END]]


def test_a_character_comes_as_soon_as_it_is_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A euro sign in three tokens, then a byte that no other follows; a file shows what has left the process."""
    path, seen = tmp_path / "output", []
    with path.open("w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        text = Continuation(Tokenizer(BYTES, [], [END]), (256,), silent=False)
        for token in (*"a€".encode(), 0xE2, 256):
            text.take(Generated(0, 0, token, 0.0, 0.0, 1, (), None, ""))
            seen.append(path.read_text(encoding="utf-8"))
        text.finish()
    assert seen == ["a", "a", "a", "a€", "a€", "a€"]
    assert text.text == path.read_text(encoding="utf-8") == "a€\ufffd"


def test_an_interrupt_keeps_what_was_said(folder: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: Any, **options: Any) -> Any:
        yield from (event for event in list(generate(*arguments, **options))[:3])
        raise KeyboardInterrupt

    monkeypatch.setattr("lmcore.model.generation.generate", interrupted)
    printed, said = output(capsys, "generate", folder, "--prompt", "a", "--temperature", 0, status=130)
    assert said == "lmcore: stopped after 3 tokens.\n"
    assert printed


def test_prompts_that_fill_the_context_are_refused(folder: Path, capsys: Any) -> None:
    printed, said = output(capsys, "generate", folder, "--prompt", "x " * 96, status=2)
    assert printed == ""
    assert "leaves no room for another" in said
