"""What does the page show when it is captured? A recorded conversation, a recorded score; no model and no worker."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from app.pages.generation import keeping
from app.pages.generation.conversation import Conversation
from app.pages.generation.work import Model
from lmcore.paths import resource

FILE: Final = "sample/generation.json"


def recorded() -> tuple[Conversation, Model, Mapping[str, Any]]:
    """The conversation, the run that its model is from, and what was said of it: "step", "speed", "scored" and more."""
    conversation, about = keeping.load(resource(FILE))
    folder = Path(conversation.model)
    model = Model(
        folder, str(about["name"]), tuple((step, folder / "ckpt" / f"step-{step}") for step in about["steps"])
    )
    conversation.model = str(model.folder_at(int(about["step"])))
    return conversation, model, about


def fork_of(conversation: Conversation) -> int:
    """The number of the token, in the whole text, at which the first branch leaves."""
    forks = [branch.at for branch in conversation.tree.branches if branch.parent is not None]
    return len(conversation.prompt_tokens) + forks[0]
