"""What does a finished training leave behind? A folder that other tools open, and an account of how it was made.

tokenizer.json   for Hugging Face `tokenizers` and everything that reads its format
training.json    corpus, options, seconds and peak memory by phase, the forecast beside what happened
merges.csv       every merge: rank, id, left and right (in GPT-2's alphabet), the pair's count, bytes per token
counts.npz       the counted pre-tokens: a larger vocabulary on the same corpus skips counting
"""

import csv
from pathlib import Path
from typing import Any

from lmcore.atomic import folder_aside, writing_aside
from lmcore.bpe.count_store import COUNTS_NAME, write_counts
from lmcore.bpe.forecast import Forecast
from lmcore.bpe.spelling import spell
from lmcore.bpe.tokenizer_json import FILE_NAME, OURS, to_json, write_json
from lmcore.bpe.training import Training
from lmcore.errors import LmError


def longest_tokens(training: Training, most: int) -> list[bytes]:
    """The longest tokens that merges made, the longest first, of equals the earliest."""
    made = sorted(
        {merge.token: merge.rank for merge in training.merges}.items(), key=lambda item: (-len(item[0]), item[1])
    )
    return [token for token, _ in made[:most]]


def describe(training: Training, forecast: Forecast | None) -> dict[str, Any]:
    """The content of `training.json`."""
    counts = training.counts
    place = counts.invalid_place
    return {
        "corpus": {
            "key": training.corpus_key,
            "files": [{"path": str(source.path.resolve()), "bytes": source.size} for source in training.sources],
            "bytes": counts.bytes,
            "pretokens": counts.pretokens,
            "unique_pretokens": len(counts.words),
            "special_tokens": counts.special_tokens,
            "invalid_bytes": counts.invalid_bytes,
            "skipped_lines": counts.skipped_lines,
            "textless_documents": counts.textless_documents,
            "first_invalid": {"file": str(place[0]), "offset": place[1]} if place else None,
        },
        "options": training.options.as_json(),
        "vocab_size": len(training.vocab),
        "merges": len(training.merges),
        "counts_reused": training.counts_reused,
        "counts_resumed_bytes": training.counts_resumed,
        "phases": {
            phase.name: {"seconds": round(phase.seconds, 4), "peak_memory_bytes": phase.peak_memory}
            for phase in training.phases
        },
        "forecast": forecast.as_json() if forecast else None,
    }


def save_training(training: Training, folder: Path, forecast: Forecast | None = None) -> None:
    """Writes the folder aside and renames it into place; an older one is replaced as a whole.

    Raises `LmError` where it cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with folder_aside(folder, OURS) as aside:
            write_json(aside / FILE_NAME, to_json(training.tokenizer()))
            write_json(aside / "training.json", describe(training, forecast))
            _write_merges(aside / "merges.csv", training)
            write_counts(aside / COUNTS_NAME, training.corpus_key, training.counts)
    except OSError as error:
        raise LmError(f"{folder}: cannot be written ({error.strerror or error}); choose another folder.") from error


def _write_merges(path: Path, training: Training) -> None:
    with writing_aside(path) as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["rank", "id", "left", "right", "count", "bytes_per_token"])
        for merge in training.merges:
            table.writerow(
                [
                    merge.rank,
                    merge.token_id,
                    spell(merge.left),
                    spell(merge.right),
                    merge.count,
                    f"{merge.bytes_per_token:.6f}",
                ]
            )
