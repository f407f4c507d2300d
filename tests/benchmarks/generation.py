"""How fast does a model write, beside `transformers` with the same weights? Prints a table in Markdown.

    python tests/benchmarks/generation.py [--rounds 7] [--tokens 200] [--threads N]

The shape is the course's for TinyStories (vocabulary 10,000, context 256, d_model 512, d_ff 1,344, 4 layers, 16
heads) with random weights, which cost as much as others. Ours and theirs take turns in one process; the median of the
rounds is shown, and the fastest. Greedy ids are compared before anything is timed. `transformers` writes with its own
`generate`: cache on, no gradients; ours is prepared once, and tells log-probability and entropy of each id besides.
The last column is the time that the matrix products of a step take alone: nothing that multiplies these matrices in
turn is faster.
"""

import argparse
import copy
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
import transformers

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from lmcore.model import Prepared, Sampling, generate, read_huggingface  # noqa: E402
from lmcore.model.decoder_layer import product  # noqa: E402

PROMPT: Final = [11, 257, 42, 9_001, 3, 77, 1_234, 500]
GREEDY: Final = Sampling(temperature=0)
SAMPLED: Final = Sampling(temperature=0.8, top_k=50, top_p=0.95, seed=1)


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    batch: int
    sampling: Sampling
    dtype: torch.dtype


CASES: Final = [
    Case(batch, sampling, dtype)
    for batch in (1, 8)
    for dtype in (torch.float32, torch.bfloat16)
    for sampling in (GREEDY, SAMPLED)
]


def peer(folder: Path) -> transformers.LlamaForCausalLM:
    """The shape in `transformers`, saved to `folder`."""
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=10_000,
        hidden_size=512,
        intermediate_size=1_344,
        num_hidden_layers=4,
        num_attention_heads=16,
        max_position_embeddings=256,
        initializer_range=0.05,
    )
    config.bos_token_id = config.eos_token_id = None
    model = transformers.LlamaForCausalLM(config)
    model.eval()
    model.save_pretrained(folder)
    return model


def ours(model: Prepared, case: Case, tokens: int) -> list[list[int]]:
    """The new ids of each row."""
    rows: list[list[int]] = [[] for _ in range(case.batch)]
    prompts = [PROMPT] * case.batch
    for event in generate(model, prompts, case.sampling, max_new_tokens=tokens):
        rows[event.row].append(event.token)
    return rows


def theirs(model: transformers.LlamaForCausalLM, case: Case, tokens: int) -> list[list[int]]:
    """The same by `transformers`."""
    prompts = torch.tensor([PROMPT] * case.batch)
    sampled = case.sampling.temperature > 0
    chosen = {"temperature": 0.8, "top_k": 50, "top_p": 0.95} if sampled else {}
    settings = transformers.GenerationConfig(max_new_tokens=tokens, do_sample=sampled, pad_token_id=0, **chosen)
    out = model.generate(prompts, settings, attention_mask=torch.ones_like(prompts))
    assert isinstance(out, torch.Tensor)
    rows: list[list[int]] = out[:, len(PROMPT) :].tolist()
    return rows


@torch.inference_mode()
def products_alone(model: Prepared, case: Case) -> float:
    """Seconds of a step's matrix products, the least of 50."""
    matrices = [model.head]
    for layer in model.layers:
        matrices += [layer.attention.qkv, layer.attention.output, layer.up, layer.down]
    pairs = [(torch.randn(case.batch, matrix.shape[1], dtype=case.dtype), matrix) for matrix in matrices]

    def multiply() -> None:
        for x, matrix in pairs:
            product(x, matrix)

    return min(seconds(multiply) for _ in range(50))


def seconds(action: Callable[[], object]) -> float:
    """How long it took."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def line(case: Case, mine: list[float], others: list[float], alone: float, tokens: int) -> str:
    """A row of the table; times in milliseconds a step."""
    step = [1000 * value / tokens for value in (*map(statistics.median, (mine, others)), min(mine), min(others))]
    how = "greedy" if case.sampling is GREEDY else "sampled"
    cells = [
        f"{case.batch}, {str(case.dtype).removeprefix('torch.')}, {how}",
        f"{case.batch * 1000 / step[0]:,.0f}",
        f"{case.batch * 1000 / step[1]:,.0f}",
        f"{step[0]:.2f} ({step[2]:.2f})",
        f"{step[1]:.2f} ({step[3]:.2f})",
        f"{step[1] / step[0]:.2f} ({step[3] / step[2]:.2f})",
        f"{1000 * alone:.2f}",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Compare, then print a row a case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    with tempfile.TemporaryDirectory() as folder:
        other = peer(Path(folder))
        read = read_huggingface(Path(folder))
    prepared = {dtype: Prepared(read, dtype) for dtype in (torch.float32, torch.bfloat16)}
    first = Case(2, GREEDY, torch.float32)
    if ours(prepared[first.dtype], first, 50) != theirs(other, first, 50):
        raise SystemExit("The two write different ids; nothing is compared.")
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, {arguments.threads} threads")
    print("medians, in brackets the fastest\n")
    print("| batch | tokens/s, ours | transformers | ms a step, ours | transformers | ratio | products alone |")
    print("|---|---|---|---|---|---|---|")
    low = copy.deepcopy(other).bfloat16()
    for case in CASES:
        model, same = prepared[case.dtype], other if case.dtype == torch.float32 else low
        mine, others = [], []
        for _ in range(arguments.rounds):
            mine.append(seconds(lambda case=case, model=model: ours(model, case, arguments.tokens)))  # type: ignore[misc]
            others.append(seconds(lambda case=case, same=same: theirs(same, case, arguments.tokens)))  # type: ignore[misc]
        print(line(case, mine, others, products_alone(model, case), arguments.tokens), flush=True)


if __name__ == "__main__":
    main()
