"""What does a stream of tokens cost the window, and what does a training beside it cost the stream? Prints a table.

    python tests/benchmarks/generation_worker.py [--tokens 2000] [--busy]

A worker that is started as the window does it writes with ten alternatives a token: a model of 10 thousand parameters,
which is as fast as tokens come, and the course's for TinyStories (17 million). The window's share is the processor time
of its thread for reading the lines and telling of them, with nothing done about them. With `--busy` products of
matrices keep all processors busy meanwhile, as a training does; each model is then also written with threads that spin
all the time while they wait, as they do by themselves.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from PySide6.QtCore import QCoreApplication  # noqa: E402

from app.processes import Dialogue  # noqa: E402

SIZES: Final = {
    "10 thousand": (64, 2_048, 16, 1, 2, 32),
    "17 million": (10_000, 256, 512, 4, 16, 1_344),
}


def save_models(folder: str) -> None:
    """Both models as folders of Hugging Face; in a process of its own, since torch is not in the window's."""
    from lmcore.bpe.tokenizer import Tokenizer
    from lmcore.interop import export_huggingface
    from lmcore.model import TransformerLM

    tokenizer = Tokenizer({number: bytes([number]) for number in range(256)}, [])
    for name, (vocab_size, *sizes) in SIZES.items():
        model = TransformerLM(max(vocab_size, 256), *sizes)
        export_huggingface(model, tokenizer, Path(folder) / name)


def keep_busy() -> None:
    """As a training does."""
    import torch

    torch.set_num_threads(1)
    matrix = torch.randn(512, 512)
    while True:
        matrix @ matrix


def stream(application: QCoreApplication, model: Path, tokens: int) -> tuple[float, float, float]:
    """Seconds until the model is open, tokens a second, and microseconds of the window's thread a token."""
    dialogue, begun = Dialogue("generate"), time.perf_counter()
    opened, first, done = begun, (begun, 0.0), {"tokens": 0}

    def hear(line: dict[str, Any]) -> None:
        nonlocal opened, first, done
        match line["event"]:
            case "opened":
                opened = time.perf_counter()
            case "prompt":
                first = time.perf_counter(), time.thread_time()
            case "done" | "refused":
                done = line
                application.quit()

    dialogue.line.connect(hear)
    dialogue.ask({"do": "open", "model": str(model)})
    request = {"do": "generate", "model": str(model), "prompt": "a", "max_new_tokens": tokens, "alternatives": 10}
    dialogue.ask(request)
    application.exec()
    made = int(done["tokens"])
    ended = time.perf_counter(), time.thread_time()
    dialogue.close()
    return opened - begun, made / (ended[0] - first[0]), 1e6 * (ended[1] - first[1]) / made


def main() -> None:
    """Print a row a model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=2_000)
    parser.add_argument("--busy", action="store_true")
    arguments = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    application = QCoreApplication([])
    with tempfile.TemporaryDirectory() as folder, ExitStack() as others:
        saving = context.Process(target=save_models, args=(folder,))
        saving.start()
        saving.join()
        for _ in range((os.cpu_count() or 1) if arguments.busy else 0):
            other = context.Process(target=keep_busy, daemon=True)
            other.start()
            others.callback(other.kill)
        print("| parameters | threads spin | until it is open | tokens/s | the window's thread |")
        print("|---|---|---|---|---|")
        for name in SIZES:
            for policy in ("briefly", "always") if arguments.busy else ("briefly",):
                os.environ["GOMP_SPINCOUNT"] = "10000" if policy == "briefly" else "30000000000"
                seconds, rate, each = stream(application, Path(folder) / name, arguments.tokens)
                print(f"| {name} | {policy} | {seconds:.1f} s | {rate:,.0f} | {each:.0f} µs a token |", flush=True)


if __name__ == "__main__":
    main()
