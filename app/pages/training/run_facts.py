"""What is to be said of one run? What was trained on what, how far it is, how long it takes, and what came of it.

Of the columns that a run measured, rows count in the order of their steps. All is told from what was handed in.
"""

from math import isfinite
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from app.pages.training.blow_ups import blow_up_of, still_since
from app.tables.run_names import made_at
from app.tables.run_rates import mean_mfu
from app.tables.run_shape import parameters_of, shape_of
from app.tables.run_states import ALIVE, clock, diverged_at, is_ahead
from app.tables.run_writing import amount, number, power, share
from app.widgets.messages import split
from app.widgets.run_extent import plain
from lmcore import figures
from lmcore.bpe.naming import name_of_path
from lmcore.training.curves import Columns
from lmcore.training.overview import Overview

RECENT: Final = 50
"""Steps by which it is told how long the others will take."""
SILENT: Final = 900.0
"""Seconds for which a worker may say nothing while it works on one step."""
MOST_BESIDE: Final = 100
"""Times the time of its steps that a run may have taken; what is more was a clock that was set."""
NONE: Final = "–"
UNBROKEN: Final = "\u00a0"
"""A blank at which no line ends: figures stay with their units."""


class Fact(NamedTuple):
    """A name and what is to be said; `told` is more of it, for the pointer."""

    name: str
    words: str
    told: str = ""


def seconds_left(run: Overview, columns: Columns | None = None) -> float | None:
    """How long the steps that are left will take; None where nobody can know.

    By the time that steps of this attempt took with all evaluations, texts and checkpoints, but no faster than the
    last `RECENT`; without `columns` at the pace of the last step, by its tokens a second.
    """
    left = run.steps - run.step
    if run.standing != "running" or left <= 0 or not run.step:
        return None
    if columns is not None and len(columns.train["step"]) > 1:
        step, seconds = (columns.train[name][-RECENT - 1 :] for name in ("step", "seconds"))
        passed, done = float(seconds[-1] - seconds[0]), int(step[-1] - step[0])
        if done > 0 and isfinite(passed) and passed > 0:
            return left * max(passed / done, _pace(run, columns))
    rate, tokens = run.last.get("tokens_per_second"), run.last.get("tokens")
    step_of_tokens = run.last.get("step", run.step)
    return left * tokens / step_of_tokens / rate if rate and tokens and step_of_tokens else None


def _pace(run: Overview, columns: Columns) -> float:
    """Seconds of the clock for a step of this attempt; 0 where there was no evaluation yet, or the clock was set."""
    attempts, seen = columns.attempts, columns.validation
    if not len(attempts["time"]) or not len(seen["time"]):
        return 0.0
    passed, done = float(seen["time"][-1] - attempts["time"][-1]), int(seen["step"][-1] - attempts["step"][-1])
    trained = run.last.get("seconds", 0.0)
    return passed / done if done > 0 and 0 < passed < MOST_BESIDE * max(trained, 60.0) else 0.0


def seconds_taken(run: Overview, columns: Columns | None) -> float | None:
    """Seconds of the clock over all attempts; of runs whose worker did not say, by the times of their evaluations."""
    said = run.last.get("wall")
    if columns is None or not len(columns.attempts["time"]):
        return said
    begun, first = columns.attempts["time"], columns.attempts["step"]
    steps, times = columns.validation["step"], columns.validation["time"]
    last = [
        np.flatnonzero((steps > step) & (steps <= until))
        for step, until in zip(first, [*first[1:], np.inf], strict=True)
    ]
    found = sum(max(0.0, float(times[rows[-1]] - time)) for rows, time in zip(last, begun, strict=True) if len(rows))
    trained = run.last.get("seconds", 0.0)
    told = max(found if found < MOST_BESIDE * max(trained, 60.0) else 0.0, said or 0.0)
    return told if told > trained else None


def time_left(seconds: float | None) -> str:
    """time_left(724) -> "12 min left"; nothing where it is not known."""
    return "" if seconds is None else f"{rounded(seconds)} left"


def rounded(seconds: float) -> str:
    """A time as people say it: rounded(0.2) -> "1 s", rounded(76) -> "76 s", rounded(724) -> "12 min"."""
    if seconds < 120:
        return f"{max(1, round(seconds))} s"
    return figures.duration(60 * round(seconds / 60) if seconds < 3600 else round(seconds))


def span(seconds: float) -> str:
    """A time that passed: span(0.51) -> "0.5 s", span(119) -> "1 min 59 s", span(1260) -> "21 min"."""
    return figures.duration(seconds)


def progress(run: Overview) -> tuple[str, float | None]:
    """How far it is, in words and as a share."""
    if not run.steps:
        return "", None
    return f"{figures.count(run.step)} of {figures.count(run.steps)} steps", run.step / run.steps


def machine_facts(run: Overview, columns: Columns | None, now: float) -> list[Fact]:
    """Parameters, device, memory and the last checkpoint."""
    counted = parameters_of(run)
    return [
        Fact("Parameters", NONE if counted is None else figures.count(counted)),
        Fact("Device", _device(run), _about_peak(run)),
        Fact("Memory", _memory(run, columns)),
        Fact("Last checkpoint", _checkpoint(run, columns, now)),
    ]


def what_facts(run: Overview) -> list[Fact]:
    """What is learned by what, and how."""
    data, told = _data(run)
    tokens = run.about.get("data.train.tokens")
    size = f", {_tokens(tokens)}" if isinstance(tokens, int) else ""
    return [
        Fact("Text", f"{data}{size}", told),
        Fact("Tokenizer", _tokenizer(run), str(run.config.get("data.tokenizer") or "")),
        Fact("Shape", _shape(run)),
        Fact("Optimizer", _optimizer(run)),
        Fact("Batch", _batch(run), _about_batch(run)),
        *([Fact("Made", made)] if (made := made_at(run.path)) != str(run.path) else []),
        *([Fact("Duplicate of", str(parent))] if (parent := run.about.get("parent")) else []),
    ]


def result_facts(run: Overview, columns: Columns | None) -> list[Fact]:
    """What came of it, and how long that took."""
    best, step = run.last.get("best"), run.last.get("best_step")
    facts: list[Fact] = []
    if best is not None:
        at = f" at step {figures.count(int(step))}" if step is not None else ""
        facts.append(Fact("Best validation", f"{number(best, 3)}{at}", "Nats a token, on text that is not trained on"))
        bits = bits_a_byte(columns, int(step)) if columns is not None and step is not None else None
        if bits is not None:
            facts.append(Fact("Bits a byte", number(bits, 3), "The same loss, told so that tokenizers can be compared"))
    if (seconds := run.last.get("seconds")) is not None:
        tokens = run.last.get("tokens")
        seen = f", {_tokens(tokens)}" if tokens is not None else ""
        told = "The time of the steps alone"
        if (taken := seconds_taken(run, columns)) is not None and span(taken) != span(seconds):
            facts.append(Fact("Took", span(taken), "All attempts, evaluations, texts and checkpoints as well"))
        facts.append(Fact("Trained for", f"{span(seconds)}{seen}", told))
    return facts


def bits_a_byte(columns: Columns, step: int) -> float | None:
    """What the validation of a step found; None where it was not told."""
    rows = np.flatnonzero(columns.validation["step"] == step)
    found = float(columns.validation["bits_per_byte"][rows[-1]]) if len(rows) else float("nan")
    return found if isfinite(found) else None


def _tokens(number: float) -> str:
    """_tokens(544_000_000) -> "544 M tokens", without a place where a line may end."""
    return f"{amount(number)} tokens".replace(" ", UNBROKEN)


def _device(run: Overview) -> str:
    kind = str(run.about.get("device_name") or run.about.get("device") or "")
    mfu = run.last.get("mfu") if run.standing in ALIVE else mean_mfu(run)
    peak = run.about.get("peak_flops")
    of = f" of {_rate(peak)}" if isinstance(peak, int | float) else ""
    parts = [kind, str(run.about.get("precision") or ""), f"MFU {share(mfu)}{of}" if mfu is not None else ""]
    return ", ".join(part.replace(" ", UNBROKEN) for part in parts if part) or NONE


def _rate(flops: float) -> str:
    """_rate(353e9) -> "353 GFLOP/s"."""
    return (
        f"{figures.significant(flops / 1e9)} GFLOP/s"
        if flops < 1e12
        else f"{figures.significant(flops / 1e12)} TFLOP/s"
    )


def _about_peak(run: Overview) -> str:
    peak, source = run.about.get("peak_flops"), run.about.get("peak_source")
    if not isinstance(peak, int | float):
        return ""
    return f"MFU is of {_rate(peak)}" + (f", {source}" if source else "")


def _memory(run: Overview, columns: Columns | None) -> str:
    """What the worker holds now, or held last, and the most that it has held."""
    now = run.last.get("memory")
    if now is None:
        return NONE
    words = figures.size(round(now))
    most = int(np.fmax.reduce(columns.train["memory"], initial=0)) if columns is not None else 0
    return f"{words}, peak {figures.size(max(most, round(now)))}" if most else words


def _checkpoint(run: Overview, columns: Columns | None, now: float) -> str:
    """Its step, and how long ago that was, for a run that goes on."""
    if not run.checkpoints:
        return "none yet" if run.standing in ALIVE else "none"
    step = run.checkpoints[-1]
    words = f"step {figures.count(step)}"
    if run.standing not in ALIVE:
        return words
    ago = _since(run, columns, step, now)
    return words if ago is None else f"{words}, {rounded(ago)} ago"


def _since(run: Overview, columns: Columns | None, step: int, now: float) -> float | None:
    """Seconds since a step was done; None where nobody knows, since the worker's clock is another than this one.

    A worker says every second or so that it is there.
    """
    if abs(waited := now - run.heartbeat) > SILENT:
        return None
    waited = max(0.0, waited)
    seconds = run.last.get("seconds")
    if columns is not None and len(columns.train["step"]):
        place = min(int(np.searchsorted(columns.train["step"], step)), len(columns.train["step"]) - 1)
        trained = float(columns.train["seconds"][-1] - columns.train["seconds"][place])
        return max(0.0, trained) + waited if isfinite(trained) else None
    return (run.step - step) * seconds / run.step + waited if seconds is not None and run.step else None


def _data(run: Overview) -> tuple[str, str]:
    """The names of what is learned, and the whole paths."""
    corpus = run.config.get("data.corpus") or ()
    paths = [str(one) for one in corpus] or [str(run.config.get("data.train") or "")]
    names = [Path(path).name for path in paths]
    more = f" and {figures.count(len(names) - 1)} more" if len(names) > 1 else ""
    return (names[0] or NONE) + more, "\n".join(paths)


def _tokenizer(run: Overview) -> str:
    path, size = run.config.get("data.tokenizer"), run.about.get("vocab_size")
    name = name_of_path(Path(str(path))) if path else "not known"
    return f"{name}, {figures.count(size)} tokens" if isinstance(size, int) else name


def _shape(run: Overview) -> str:
    shape = shape_of(run)
    if shape is None:
        return NONE
    layers = f"{shape.num_layers} {'layer' if shape.num_layers == 1 else 'layers'}"
    heads = f"{shape.num_heads} {'head' if shape.num_heads == 1 else 'heads'}"
    return f"{layers}, d_model {figures.count(shape.d_model)}, {heads}"


def _optimizer(run: Overview) -> str:
    names = {"adamw": "AdamW", "muon": "Muon"}
    kind = str(run.config.get("optimizer.kind", ""))
    rate, schedule = run.config.get("optimizer.learning_rate"), str(run.config.get("schedule.kind", ""))
    peak = f" at {power(rate)}" if isinstance(rate, int | float) else ""
    return ", ".join(filter(None, (names.get(kind, kind) + peak, schedule))) or NONE


def _batch(run: Overview) -> str:
    batch, shape = run.config.get("training.batch_size"), shape_of(run)
    if not isinstance(batch, int):
        return NONE
    context = f" × {figures.count(shape.context_length)} tokens" if shape else " sequences"
    at_once = run.about.get("micro_batch_size")
    through = f", {figures.count(at_once)} at once" if isinstance(at_once, int) and at_once != batch else ""
    return f"{figures.count(batch)}{context} a step{through}"


def _about_batch(run: Overview) -> str:
    """How many sequences go through the model at once, and who said so."""
    at_once = run.about.get("micro_batch_size")
    if not isinstance(at_once, int):
        return ""
    whose = "as it was chosen" if run.config.get("training.micro_batch_size") else "as a trial on this machine found"
    sequences = "1 sequence goes" if at_once == 1 else f"{figures.count(at_once)} sequences go"
    return f"{sequences} through the model at once, {whose}"


class Failure(NamedTuple):
    """What is wrong with a run: what and where, the remedy, and whether it is an error or can just go on."""

    is_error: bool
    what: str
    remedy: str
    resuming_helps: bool = True


def failure_of(run: Overview, columns: Columns | None = None) -> Failure | None:
    """What the strip says; None where nothing is wrong. `columns` are what it has measured, if that is known."""
    message = run.message
    if run.standing == "lost":
        since = "" if is_ahead(run.heartbeat) else f" since {clock(run.heartbeat)}"
        what = f"The worker is lost{since}, at step {figures.count(run.step)}."
        return Failure(False, *split_or(message, what, _goes_on(run)))
    if run.standing == "damaged":
        return Failure(True, *split_or(message, "The run’s files cannot be used.", ""))
    if run.standing == "failed" or run.reason:
        step = figures.count(run.step)
        what = {
            "diverged": f"The loss diverged at step {figures.count(diverged_at(run))}.",
            "memory": "The worker ran out of memory.",
            "disk": f"The disk is full; the run is paused at step {step}.",
        }.get(run.reason, f"The run failed at step {step}.")
        return Failure(run.standing == "failed", *split_or(message, what, _goes_on(run)))
    if columns is not None and (found := _learns_nothing(run, columns)):
        return found
    return Failure(False, *split_or(message, "", "")) if message and run.standing != "starting" else None


def _learns_nothing(run: Overview, columns: Columns) -> Failure | None:
    """That a run is spoilt although it goes on, or came to its end, and its loss is a number."""
    blown, still = blow_up_of(run, columns), still_since(columns)
    parts = []
    if blown is not None and not blown.recovered:
        worst = plain(float(f"{blown.worst:.3g}"))
        parts.append(f"The loss blew up at step {figures.count(blown.step)}, to {worst}.")
    if still is not None:
        parts.append(f"The gradient is 0 from step {figures.count(still)} on: nothing more is learned.")
    if not parts:
        return None
    way = "Stop the run, and duplicate it" if run.standing in ALIVE else "Duplicate the run"
    remedy = f"{way} with a lower learning rate or a longer warmup."
    return Failure(False, " ".join(parts), remedy, resuming_helps=False)


def split_or(message: str, what: str, remedy: str) -> tuple[str, str]:
    """The message of a run as what is wrong and the remedy; `what` and `remedy` where it has none."""
    return split(message) if message else (what, remedy)


def _goes_on(run: Overview) -> str:
    if not run.checkpoints:
        return "Without a checkpoint it begins anew."
    return f"Resume the run; it goes on behind step {figures.count(run.checkpoints[-1])}, its last checkpoint."
