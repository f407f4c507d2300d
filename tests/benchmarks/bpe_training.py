"""How fast is BPE training, and how much memory does it take, beside other trainers? Prints tables in Markdown.

    python tests/benchmarks/bpe_training.py --corpus prose.txt --size 100MB,300MB,1GB --vocab-size 10000,32000

The corpus should be UTF-8 text with `<|endoftext|>` between documents; several are taken one behind the other. Peers
are gigabpe, rustbpe and tokenizers, where they are installed. Everything runs on this machine only; nothing is kept.

This process itself stays small: a child's peak memory counts what its parent had when it was started.
"""

import argparse
import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.benchmarks.processes import Runs, run, take_turns  # noqa: E402  (found by the line above)

END: Final = b"<|endoftext|>"
PEERS: Final = ("gigabpe", "rustbpe", "tokenizers")
_UNITS: Final = {"KB": 10**3, "MB": 10**6, "GB": 10**9}
_CHUNK: Final = 1 << 22
_SMALL: Final = 130_000
SMALL_VOCABULARY: Final = 500
SAMPLE: Final = ROOT / "resources" / "sample" / "moby-dick-and-speeches.txt"


def parse_size(text: str) -> int:
    """Bytes. "300MB" -> 300_000_000"""
    return round(float(text[:-2]) * _UNITS[text[-2:].upper()])


def show_size(size: float) -> str:
    """Bytes as people say them."""
    unit = "GB" if size >= 10**9 else "MB" if size >= 10**6 else "KB"
    return f"{size / _UNITS[unit]:.3g} {unit}"


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Prints a Markdown table, at once, since a run may take hours."""
    print(f"\n### {title}\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")
    sys.stdout.flush()


def concatenated(corpora: Sequence[Path], size: int) -> Iterator[bytes]:
    """The first `size` bytes of all files one behind the other."""
    left = size
    for corpus in corpora:
        with corpus.open("rb") as file:
            while left > 0 and (chunk := file.read(min(_CHUNK, left))):
                left -= len(chunk)
                yield chunk


def write_prefix(corpora: Sequence[Path], size: int, target: Path) -> tuple[int, str]:
    """Writes the corpus up to the last whole document within `size` bytes; its true size and SHA-256."""
    with target.open("wb") as file:
        for chunk in concatenated(corpora, size):
            file.write(chunk)
    written = target.stat().st_size
    if written == size:
        with target.open("rb+") as file:
            file.seek(max(0, written - 16 * _CHUNK))
            tail = file.read()
            file.truncate(written - len(tail) + (tail.rfind(END) if END in tail else len(tail)))
    digest = hashlib.sha256()
    with target.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return target.stat().st_size, digest.hexdigest()


def our_command(corpus: Path, vocab_size: int) -> list[str]:
    """A training by the command that users type; nothing is reused."""
    options = ["--vocab-size", str(vocab_size), "--special-token", END.decode(), "--fresh", "--json"]
    return [sys.executable, "-m", "lmcore.cli", "bpe-train", str(corpus), *options]


def peer_command(name: str, corpus: Path, vocab_size: int) -> list[str]:
    """The same by a peer."""
    return [sys.executable, str(Path(__file__).with_name("bpe_peer.py")), name, str(corpus), str(vocab_size)]


def compare(corpus: Path, size: int, vocab_sizes: Sequence[int], peers: Sequence[str], rounds: int) -> list[Runs]:
    """Table (a) for one corpus; our own runs by vocabulary. All trainers and vocabularies take turns."""
    commands = {f"lmcore {vocab_size}": our_command(corpus, vocab_size) for vocab_size in vocab_sizes}
    commands |= {f"{name} {one}": peer_command(name, corpus, one) for one in vocab_sizes for name in peers}
    found = take_turns(commands, rounds, ROOT)
    for vocab_size in vocab_sizes:
        ours = found[f"lmcore {vocab_size}"]
        rows = []
        for name in ("lmcore", *peers):
            runs = found[f"{name} {vocab_size}"]
            times, spread = f"{runs.median / ours.median:.2f}", f"{runs.least:.2f} to {runs.most:.2f}"
            memory = show_size(runs.peak), show_size(runs.own_peak)
            rows.append((name, f"{runs.median:.2f}", spread, times, *memory, f"{runs.middle('merges'):,.0f}"))
        head = ("trainer", "seconds (median)", "least to most", "times ours", "peak memory", "without files", "merges")
        table(f"{show_size(size)}, vocabulary {vocab_size:,}, {rounds} rounds", head, rows)
    return [found[f"lmcore {vocab_size}"] for vocab_size in vocab_sizes]


def growth(ours: dict[tuple[int, int], Runs]) -> None:
    """Table (c): how our time and memory grow with the corpus."""
    rows = []
    for (size, vocab_size), runs in sorted(ours.items(), key=lambda item: item[0][::-1]):
        unique = runs.middle("unique_pretokens")
        phases = [f"{runs.middle('seconds', phase):.2f}" for phase in ("count", "merge")]
        seconds = f"{runs.median:.2f}", f"{runs.median / size * 1e9:.2f}"
        memory = show_size(runs.peak), f"{runs.peak / unique:.0f}"
        rows.append((show_size(size), f"{vocab_size:,}", *phases, *seconds, f"{unique:,.0f}", *memory))
    times = ("counting s", "merging s", "process s", "s a GB")
    head = ("corpus", "vocabulary", *times, "different pre-tokens", "peak memory", "bytes each")
    table("Time and memory against the size of the corpus", head, rows)


def vocabularies(ours: dict[tuple[int, int], Runs]) -> None:
    """Table (e): what a larger vocabulary costs on the same text."""
    rows = []
    for size in sorted({size for size, _ in ours}):
        runs = {vocab_size: own for (one, vocab_size), own in ours.items() if one == size}
        least = min(runs)
        for vocab_size in sorted(runs):
            more = runs[vocab_size].median / runs[least].median - 1
            merging = f"{runs[vocab_size].middle('seconds', 'merge'):.2f}"
            rows.append((show_size(size), f"{vocab_size:,}", f"{runs[vocab_size].median:.2f}", merging, f"{more:+.0%}"))
    table("The same text with a larger vocabulary", ("corpus", "vocabulary", "process s", "merging s", "more"), rows)


def inside(corpus: Path, small: Path, rounds: int) -> None:
    """Tables (b) and (d): what one process does that is up already, beside a whole process for a small input."""
    script = str(Path(__file__).with_name("bpe_inside.py"))
    found = run([sys.executable, script, str(corpus), str(small), str(rounds)], ROOT).printed
    size = corpus.stat().st_size
    rows = []
    for name in ("counting pre-tokens (gpt2)", "summing the bytes"):
        rates = [size / seconds / 1e6 for seconds in found[name]]
        rows.append((name, f"{statistics.median(rates):,.0f}", f"{min(rates):,.0f} to {max(rates):,.0f}"))
    table(f"One thread over {show_size(size)} in memory", ("pass", "MB/s (median)", "least to most"), rows)

    whole = take_turns({"lmcore": our_command(small, SMALL_VOCABULARY)}, rounds, ROOT)["lmcore"]
    trained = found["training"]
    rows = [
        (
            "in a process that trained before",
            f"{statistics.median(trained):.4f}",
            f"{min(trained):.4f} to {max(trained):.4f}",
        ),
        ("a whole process, Python and numba included", f"{whole.median:.3f}", f"{whole.least:.3f} to {whole.most:.3f}"),
    ]
    title = f"{show_size(small.stat().st_size)}, vocabulary {SMALL_VOCABULARY}"
    table(title, ("what", "seconds (median)", "least to most"), rows)


def describe_machine(peers: Sequence[str]) -> None:
    """Says on what and with which versions this runs, and which peers are missing."""
    model = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), model)
    versions = [f"{name} {importlib.metadata.version(name)}" for name in ("numba", *peers)]
    print(f"{model}, {os.cpu_count()} processors, Python {platform.python_version()}, {', '.join(versions)}.")
    missing = [name for name in PEERS if name not in peers]
    if missing:
        print(f"Not compared: {', '.join(missing)}.")


def arguments() -> argparse.Namespace:
    """What to run."""
    parser = argparse.ArgumentParser(description="Benchmark of BPE training; prints tables in Markdown.")
    parser.add_argument("--corpus", type=Path, action="append", metavar="FILE", help="may be given several times")
    parser.add_argument(
        "--size", default="", metavar="SIZES", help="prefixes, such as 100MB,300MB,1GB; all of it unless given"
    )
    parser.add_argument("--vocab-size", default="10000,32000", metavar="SIZES", help="bytes, special and merged tokens")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument(
        "--peers", default=",".join(PEERS), metavar="NAMES", help="peers to compare with, or an empty text"
    )
    parser.add_argument("--count-size", default="100MB", metavar="SIZE", help="text for counting on one thread")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="where prefixes of the corpus are written meanwhile")
    parsed = parser.parse_args()
    parsed.corpus = parsed.corpus or [SAMPLE]
    return parsed


def main() -> None:
    """Runs everything, a table at a time."""
    given = arguments()
    peers = [name for name in given.peers.split(",") if name and importlib.util.find_spec(name)]
    describe_machine(peers)
    subprocess.run([sys.executable, "-m", "lmcore.cli", "prepare"], cwd=ROOT, check=True)
    whole = sum(corpus.stat().st_size for corpus in given.corpus)
    sizes = [parse_size(size) for size in given.size.split(",") if size] or [whole]
    vocab_sizes = [int(size) for size in given.vocab_size.split(",")]
    ours: dict[tuple[int, int], Runs] = {}
    with tempfile.TemporaryDirectory(prefix="bpe-training-", dir=given.folder) as folder:
        corpus = Path(folder) / "corpus.txt"
        for asked in sizes:
            size, digest = write_prefix(given.corpus, asked, corpus)
            print(f"\nCorpus: {size:,} bytes, SHA-256 {digest}.")
            found = compare(corpus, size, vocab_sizes, peers, given.rounds)
            ours |= {(size, vocab_size): runs for vocab_size, runs in zip(vocab_sizes, found, strict=True)}
        growth(ours)
        vocabularies(ours)
        write_prefix(given.corpus, min(parse_size(given.count_size), whole), corpus)
        small = Path(folder) / "small.txt"
        write_prefix(given.corpus, _SMALL, small)
        inside(corpus, small, given.rounds)


if __name__ == "__main__":
    main()
