"""What does the page show when it is captured? A recorded conversation, a recorded score; no model and no worker."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.pages.generation import keeping
from app.pages.generation.conversation import Conversation
from app.pages.generation.tokens import text_of
from app.pages.generation.work import Model
from lmcore.paths import resource

if TYPE_CHECKING:
    from app.pages.generation.page import GenerationPage

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


def fill(page: "GenerationPage") -> None:
    """A conversation with a model of the sample corpus, as it was recorded; a token's card is open."""
    conversation, model, about = recorded()
    page.voice.speaking.take(conversation, about)
    page.voice.models.fix(model, about["step"])
    page.acting.rest()
    page.prompt.setPlainText(conversation.prompt)
    branch = conversation.branch
    if branch is not None and branch.sampling is not None:
        page.panel.show_sampling(branch.sampling, page.panel.most_tokens)
    page.showing.now()
    page.views.choose(fork_of(conversation))
    page.views.cards.show(page.views.text.current)


def show_scored(page: "GenerationPage") -> None:
    """A text that was scored."""
    about = page.voice.about(page.voice.conversation)
    page.acting.toggle_scoring()
    page.voice.scoring.show_recorded(about["scored"])
    page.prompt.setPlainText(text_of(page.voice.scoring.tokens))
    page.showing.now()
    page.views.cards.hide()


def show_empty(page: "GenerationPage") -> None:
    """The page before there is a model."""
    page.acting.toggle_scoring()
    page.voice.speaking.conversation = None
    page.session.set_run("")
    page.voice.models.fix(None)
    page.setFocus()
