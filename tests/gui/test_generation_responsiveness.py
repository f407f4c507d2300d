"""Does the window live while thousands of tokens with ten alternatives each arrive as fast as they can be told?"""

import json
from collections.abc import Callable

from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from tests.gui.generation import GENERATE, PROMPT, RecordedPage, answers
from tests.gui.pulse import Pulse

TOKENS = 3_000
AT_ONCE = 20
"""Tokens that a turn tells: a `Dialogue` tells lines for 10 milliseconds and lets the window have its turn."""
SHARE = 1 / 4
"""Of the whole, the longest that the window may stand still. One that shows each token by itself, or all of them at the
end, stands still for most of it."""


def test_the_window_lives_while_a_long_text_arrives(
    qtbot: QtBot, recorded: RecordedPage, record_property: Callable[..., None]
) -> None:
    """As in `test_bpe_responsiveness`: the longest gap between ticks is held against the length of the whole."""
    page, dialogue = recorded.page, recorded.dialogue
    page.panel.most.set_value(TOKENS)
    page.prompt.setPlainText(PROMPT)
    page.acting.generate()
    number = dialogue.of("generate")["id"]
    known = [json.dumps(event) for event in answers(GENERATE) if event["event"] == "token"]
    dialogue.answer("generate", GENERATE, last=1)
    shown, told = set[int](), [0]
    turns = QTimer(interval=0)

    def tell() -> None:
        for index in range(told[0], told[0] + AT_ONCE):
            event = {**json.loads(known[index % len(known)]), "id": number, "index": index, "ended": ""}
            dialogue.line.emit(event)
        told[0] += AT_ONCE
        if told[0] >= TOKENS:
            turns.stop()

    def ended() -> bool:
        shown.add(len(page.views.text.words))
        return max(shown) == 2 + TOKENS and page.views.text.settled

    pulse = Pulse()
    turns.timeout.connect(tell)
    turns.start()
    worst = pulse.during(ended)
    record_property("longest_gap_ms", worst.own)
    assert any(2 < number < 2 + TOKENS for number in shown), "the tokens were shown all at once"
    assert worst.own < SHARE * sum(gap.wall for gap in pulse.gaps)
    assert page.voice.conversation is not None
    assert len(page.voice.conversation.said) == TOKENS
