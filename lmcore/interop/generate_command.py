"""What does `generate` do? Lets a model continue a text and writes it out as it comes."""

import argparse
import codecs
import json
import sys
import time
from typing import TYPE_CHECKING

from lmcore import figures
from lmcore.errors import StoppedError
from lmcore.interop.opening import open_model
from lmcore.packages import needed_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmcore.bpe.tokenizer import Tokenizer
    from lmcore.interop.opening import Opened
    from lmcore.model.generation import Generated

_ENDS = {"stop": "the text ended", "length": "as many as asked for", "context": "the context is full"}


def run_generate(arguments: argparse.Namespace) -> None:
    """Run the command: the text to standard output as it comes, a line about it to standard error."""
    with needed_for("Generating"):
        opened = open_model(arguments.model)
        tokenizer = opened.needed_tokenizer()
        prompt = opened.prompt_ids(arguments.prompt)
        text = Continuation(tokenizer, opened.eos, silent=arguments.json)
        started = time.perf_counter()
        try:
            made = [text.take(event) for event in _events(opened, prompt, arguments)]
        except KeyboardInterrupt:
            text.finish()
            raise StoppedError(f"stopped after {figures.count(text.tokens)} tokens.") from None
        seconds = time.perf_counter() - started
    text.finish()
    rate = len(made) / seconds
    if arguments.json:
        report = {"text": text.text, "ids": [event.token for event in made], "prompt_ids": prompt}
        report |= {"log_probabilities": [event.log_probability for event in made], "ended": made[-1].ended}
        print(json.dumps(report | {"seconds": seconds, "tokens_per_second": rate}, ensure_ascii=False))
        return
    told = f"{figures.count(len(made))} tokens in {figures.duration(seconds)}, {figures.significant(rate)} a second"
    print(f"{told}; {_ENDS[made[-1].ended]}.", file=sys.stderr)


def _events(opened: "Opened", prompt: list[int], arguments: argparse.Namespace) -> "Iterator[Generated]":
    from lmcore.model.generation import generate
    from lmcore.model.sampling import Sampling

    sampling = Sampling(
        arguments.temperature,
        arguments.top_k,
        arguments.top_p,
        arguments.min_p,
        arguments.repetition_penalty,
        arguments.seed,
    )
    return generate(
        opened.model,
        [prompt],
        sampling,
        max_new_tokens=arguments.max_new_tokens,
        stop=opened.eos,
        cached=not arguments.no_cache,
    )


class Continuation:
    """The text so far, without the id that ends it. Bytes that are no whole character yet wait for the next token."""

    def __init__(self, tokenizer: "Tokenizer", ends: tuple[int, ...], *, silent: bool) -> None:
        self._tokenizer, self._ends, self._silent = tokenizer, ends, silent
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.text = ""
        self.tokens = 0

    def take(self, event: "Generated") -> "Generated":
        """Write what a new id adds; gives the event back."""
        self.tokens += 1
        if event.token not in self._ends:
            self._write(self._decoder.decode(self._tokenizer.decode_bytes([event.token])))
        return event

    def finish(self) -> None:
        """Write what was still waiting, and on a terminal the end of the line."""
        self._write(self._decoder.decode(b"", final=True))
        if not self._silent and sys.stdout.isatty():
            self._write("\n")

    def _write(self, text: str) -> None:
        self.text += text
        if text and not self._silent:
            sys.stdout.buffer.write(text.encode())
            sys.stdout.buffer.flush()
