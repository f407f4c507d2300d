"""Does `shape` print what scripts rely on and what people read, and refuse what it cannot count?"""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lmcore import cli
from lmcore.accounting import Setup, account
from lmcore.accounting.hardware import find_gpu, gpus
from lmcore.accounting.huggingface import config_of, shape_from_config
from lmcore.accounting.inverses import largest_batch
from lmcore.accounting.kinds import Norm, Precision
from lmcore.accounting.presets import all_presets, find_preset
from lmcore.accounting.report import TREES


def _report(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert cli.main(["shape", *arguments, "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    report = json.loads(captured.out)
    assert isinstance(report, dict)
    return report


def test_the_report_has_the_agreed_keys(capsys: pytest.CaptureFixture[str]) -> None:
    report = _report(capsys, "--preset", "course-2025-xl")
    assert report["shape"]["d_model"] == 1_600
    assert report["parameters"]["total"] == 2_127_057_600 == sum(report["parameters"]["parts"].values())
    forward = report["flops"]["forward"]
    assert set(forward) == {"total", "ffn", "projections", "attention", "lm_head"}
    assert forward["total"] == 4_513_336_524_800 == sum(forward[key] for key in set(forward) - {"total"})
    assert report["flops"]["training"]["total"] == 3 * forward["total"]
    memory = report["memory"]
    assert memory["kv_cache_bytes_per_token"] == 307_200
    assert set(memory["training"]) == {"weights", "gradients", "optimizer", "activations", "total"}
    assert memory["training"]["total"] == 49_550_674_944
    assert set(report["trees"]) == set(TREES)


def test_the_agreed_keys_are_there_even_where_they_are_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    report = _report(capsys, "--preset", "gpt2", "--optimizer", "sgd")
    assert report["parameters"]["parts"]["lm_head"] == 0
    assert report["memory"]["training"]["optimizer"] == 0
    assert report["time"]["step_seconds"] is None
    assert report["largest"] is None


def test_amounts_are_whole_numbers_of_any_length(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ["--vocab-size", "1e6", "--context-length", "1e6", "--num-layers", "1000", "--d-model", "262144"]
    report = _report(capsys, *sizes, "--num-heads", "2048", "--d-ff", "1048576")
    total = report["flops"]["training"]["total"]
    shape = replace(
        find_preset("course-2025-small").shape,
        vocab_size=10**6,
        context_length=10**6,
        num_layers=1_000,
        d_model=2**18,
        num_heads=2**11,
        d_ff=2**20,
    )
    assert total == account(shape).training.amount > 1 << 64


def test_sizes_and_kinds_change_the_preset(capsys: pytest.CaptureFixture[str]) -> None:
    report = _report(
        capsys,
        "--preset",
        "llama-3-8b",
        "--context-length",
        "1024",
        "--num-kv-heads",
        "4",
        "--tied",
        "--norm",
        "layernorm",
    )
    shape = replace(find_preset("llama-3-8b").shape, context_length=1_024, num_kv_heads=4, tied=True, norm=Norm.LAYER)
    assert report["parameters"]["total"] == account(shape).parameters.amount
    assert (report["shape"]["tied"], report["shape"]["norm"]) == (True, "layernorm")


def test_the_feed_forward_follows_d_model_unless_it_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert _report(capsys, "--d-model", "1024", "--num-heads", "16")["shape"]["d_ff"] == 2_752
    gelu = _report(capsys, "--d-model", "1024", "--num-heads", "16", "--feed-forward", "gelu")
    assert gelu["shape"]["d_ff"] == 4_096
    assert _report(capsys, "--d-model", "1024", "--num-heads", "16", "--d-ff", "1000")["shape"]["d_ff"] == 1_000


def test_a_processor_says_what_fits_and_how_long_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--preset", "course-2025-xl", "--batch", "1024", "--gpu", "A100 80 GB", "--tokens", "419430400000"]
    report = _report(capsys, *options)
    assert f"{report['time']['training_seconds'] / 86_400:.1f}" == "6583.6"
    gpu = report["setup"]["gpu"]
    assert (gpu["name"], gpu["memory"]) == ("A100 80 GB", 80 * 10**9)
    assert report["largest"]["batch"] == 2
    weights = 4 * 2_127_057_600
    assert report["largest"]["inference_context_length"] == (80 * 10**9 - weights) // (1_024 * 307_200)


def test_budgets_are_told_by_their_rules(capsys: pytest.CaptureFixture[str]) -> None:
    report = _report(capsys, "--preset", "course-2025-xl")
    budget = report["budgets"]["chinchilla"]
    assert budget["tokens"] == 20 * 2_127_057_600
    assert budget["flops"] == -(-budget["tokens"] * report["flops"]["training"]["total"] // 1_024)
    assert "Hoffmann" in budget["source"]


def test_an_unknown_processor_may_be_described(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--gpu", "mine", "--gpu-memory", "24e9", "--gpu-bandwidth", "1e12", "--gpu-peak", "50e12"]
    report = _report(capsys, *options, "--mfu", "0.4", "--precision", "bf16")
    shape = find_preset("course-2025-small").shape
    flops = account(shape).training.amount
    assert report["time"]["step_seconds"] == pytest.approx(flops / (50e12 * 0.4), rel=1e-12)
    expected = largest_batch(shape, Setup(precision=Precision.BF16), 24 * 10**9)
    assert report["largest"]["batch"] == expected


def test_a_config_is_read_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = tmp_path / "config.json"
    one = _report(capsys, "--preset", "qwen3-0.6b", "--write-config", str(written))
    assert shape_from_config(written) == find_preset("qwen3-0.6b").shape
    assert _report(capsys, "--config", str(written))["parameters"] == one["parameters"]
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


def test_a_config_makes_no_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "missing"
    assert cli.main(["shape", "--write-config", str(missing / "config.json")]) == 2
    assert f"{missing} is no folder; make it first" in capsys.readouterr().err
    assert not missing.exists()


def test_people_read_tables_with_formulas(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["shape", "--preset", "course-2025-xl", "--gpu", "A100 80 GB"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("GPT-2 XL, course 2025: 48 layers, d_model 1,600, 25 heads, d_ff 6,400")
    (product,) = [line.split() for line in lines if "Query, key, value" in line and "6·T·d²·L" in line]
    assert product[-3:] == ["754,974,720,000", "16.7", "%"]
    text = "\n".join(lines)
    assert "49.6 GB (46.1 GiB), 49,550,674,944 bytes" in text
    assert "at 9,600 tokens (1.5·d_ff)" in text
    assert "fits a batch of 2, or" in text


@pytest.mark.parametrize(
    ("preset", "sentence"),
    [
        ("mixtral-8x7b", "Training does not fit into 80.0 GB, not even with a context of one token."),
        ("qwen3-1.7b", "Training does not fit into 80.0 GB; with a context of"),
    ],
)
def test_people_read_what_does_not_fit(preset: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["shape", "--preset", preset, "--gpu", "A100 80 GB"]) == 0
    printed = capsys.readouterr().out
    assert sentence in printed
    assert ("A token goes through 12,879,925,248 of them." in printed) is (preset == "mixtral-8x7b")


def test_what_is_known_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["shape", "--presets"]) == 0
    presets = capsys.readouterr().out
    assert all(preset.key in presets and preset.name in presets for preset in all_presets())
    assert cli.main(["shape", "--list"]) == 0
    listed = capsys.readouterr().out
    assert listed.startswith(presets)
    rows = listed.removeprefix(presets).splitlines()[2:]
    assert [row[2:28].strip() for row in rows] == [gpu.name for gpu in gpus()]
    (volta,) = [row for row in rows if "V100S" in row]
    assert volta.split()[-7:] == ["GB", "1.13", "TB/s", "16.4", "–", "–", "130"]


def test_the_lists_are_an_object_too(capsys: pytest.CaptureFixture[str]) -> None:
    listed = _report(capsys, "--list")
    amounts = {row["key"]: row["parameters"] for row in listed["presets"]}
    assert amounts == {preset.key: account(preset.shape).parameters.amount for preset in all_presets()}
    assert [row["name"] for row in listed["gpus"]] == [gpu.name for gpu in gpus()]
    assert all(row["source"] for row in (*listed["presets"], *listed["gpus"]))


def test_figures_that_are_given_stand_for_those_of_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    gpu = _report(capsys, "--gpu", "NVIDIA A100-SXM4-40GB", "--gpu-memory", "39e9")["setup"]["gpu"]
    known = find_gpu("A100 40 GB")
    assert gpu == {
        "name": known.name,
        "memory": 39 * 10**9,
        "bandwidth": known.bandwidth,
        "peaks": dict(known.peaks),
        "source": f"{known.source}, given",
    }


def test_windows_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (remark,) = find_preset("gemma-3-1b").remarks
    assert _report(capsys, "--preset", "gemma-3-1b")["remarks"] == [remark]
    assert cli.main(["shape", "--preset", "gemma-3-1b"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == remark
    config = config_of(find_preset("mistral-7b").shape) | {"model_type": "mistral"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert _report(capsys, "--config", str(tmp_path))["remarks"] == list(find_preset("mistral-7b").remarks)
    assert _report(capsys)["remarks"] == []


def test_budgets_say_tokens_cost_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--preset", "course-2025-xl", "--gpu", "A100 80 GB", "--devices", "8"]
    budget = _report(capsys, *options)["budgets"]["chinchilla"]
    tokens = 20 * 2_127_057_600
    assert (budget["tokens"], budget["flops"]) == (tokens, 3 * 4_513_336_524_800 * tokens // 1_024)
    assert budget["seconds"] == pytest.approx(budget["flops"] / (0.5 * 19.5e12 * 8), rel=1e-12)
    assert cli.main(["shape", *options]) == 0
    assert "20 tokens a parameter are 42,541,152,000 tokens, 5.63·10²⁰ FLOPs, 83.5 days (" in capsys.readouterr().out


def test_short_steps_are_told_in_microseconds(capsys: pytest.CaptureFixture[str]) -> None:
    """3 · 9,533,652,992 FLOPs at half of 2,250 TFLOP/s."""
    assert cli.main(["shape", "--preset", "course-tinystories", "--precision", "bf16", "--gpu", "B200"]) == 0
    assert "B200 at 50.0 % of its peak: 25.4 µs a step, " in capsys.readouterr().out


def test_nothing_but_a_config_is_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.json").write_text("[1, 2]")
    assert cli.main(["shape", "--write-config", str(tmp_path / "notes.json")]) == 2
    assert "notes.json is there and is something else; give another name." in capsys.readouterr().err
    assert (tmp_path / "notes.json").read_text() == "[1, 2]"
    for preset in ("gpt2", "course-2025-small"):
        assert cli.main(["shape", "--preset", preset, "--write-config", str(tmp_path)]) == 0
        assert shape_from_config(tmp_path) == find_preset(preset).shape


def test_a_start_loads_nothing_heavy() -> None:
    """The command is asked for from scripts, many times: numba, torch or numpy would take longer than all it does."""
    program = "import sys; from lmcore import cli; cli.main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    line = [sys.executable, "-c", program, "shape", "--preset", "gpt2", "--gpu", "T4", "--json"]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["parameters"]["total"] == 124_439_808
    loaded = {name.split(".")[0] for name in done.stderr.split()}
    assert "lmcore" in loaded
    assert not loaded & {"numba", "llvmlite", "torch", "numpy", "transformers", "PySide6", "app", "regex", "pyarrow"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--preset", "gpt-9"], "There is no preset 'gpt-9'; "),
        (["--num-heads", "7"], "num_heads is 7 and does not divide d_model, which is 768; take 2, 3, 4, 6 or 8 heads"),
        (["--vocab-size", "0"], "vocab_size is 0; it must be at least 1."),
        (["--vocab-size", "many"], "Argument --vocab-size: many is no number."),
        (["--tokens", "1.5"], "Argument --tokens: 1.5 is no whole number."),
        (["--tokens", "1e999999999"], "Argument --tokens: 1e999999999 is too large."),
        (["--mfu", "1/0"], "Argument --mfu: 1/0 is no number."),
        (["--mfu", "nan"], "Argument --mfu: nan is no number."),
        (["--mfu", "inf"], "Argument --mfu: inf is too large."),
        (["--gpu", "A100"], "A100 is not exact enough to know its peak; known here: A100 80 GB, "),
        (["--gpu", ""], "The peak of no name is not known; "),
        (["--gpu", "mine", "--gpu-peak", "1e12"], "The memory of the processor is not known; give it (--gpu-memory"),
        (["--preset", ""], "There is no preset ''"),
        (["--mfu", "2"], "mfu is 2; it must be above 0"),
        (["--precision", "int4"], "Argument --precision: invalid choice: 'int4'"),
        (["--gpu", "Voodoo 2"], "The peak of Voodoo 2 is not known; give its memory, bandwidth and FLOP/s"),
        (["--gpu-peak", "1e12"], "The memory of the processor is not known; give it (--gpu-memory 80e9)."),
        (["--config", "missing.json"], "missing.json cannot be read (No such file or directory)"),
        (["--preset", "gpt2", "--config", "config.json"], "Argument --config: not allowed with argument --preset."),
        (["--norm-place", "post", "--write-config", "config.json"], "No architecture of Hugging Face"),
    ],
)
def test_what_cannot_be_counted_is_refused_in_a_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["shape", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith(f"lmcore: {sentence}")
