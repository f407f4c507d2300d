"""Which pages are there? The catalogue: what the rail and the palette say of a page before it is imported."""

from collections.abc import Generator
from dataclasses import dataclass
from importlib import import_module
from typing import Final, Literal, cast

from PySide6.QtWidgets import QWidget

from app.pages.page import Page
from app.session import Session

Group = Literal["Text", "Tokenizer", "Model", ""]


@dataclass(frozen=True)
class PageSpec:
    """A page before its first visit. `group` "" keeps it out of the rail: only the palette leads there."""

    key: str
    title: str
    question: str
    group: Group
    icon: str
    module: str
    name: str
    shortcut: str = ""

    def find(self) -> type[Page]:
        """Import the page's module, which takes a second unless that was done in turns."""
        return cast(type[Page], getattr(import_module(self.module), self.name))

    def making(self, session: Session, parent: QWidget) -> Generator[None, None, Page]:
        """The page, made in its parent with a stop wherever the window may have its turn."""
        return (yield from self.find().making(session, parent))


PAGES: Final = (
    PageSpec(
        key="bytes",
        title="Bytes",
        question="What is this text, really? "
        "Select in one lane and the others follow; edit a byte and see what breaks.",
        group="Text",
        icon="binary",
        module="app.pages.bytes_page.page",
        name="BytesPage",
        shortcut="Ctrl+1",
    ),
    PageSpec(
        key="bpe",
        title="BPE training",
        question="How does a vocabulary grow out of a corpus, merge by merge, and what does it cost?",
        group="Tokenizer",
        icon="git-merge",
        module="app.pages.bpe_training.page",
        name="BpeTrainingPage",
        shortcut="Ctrl+2",
    ),
    PageSpec(
        key="vocabulary",
        title="Vocabulary",
        question="What did it learn: longest tokens, their bytes, where each came from, and what is odd in it?",
        group="Tokenizer",
        icon="table-2",
        module="app.pages.vocabulary.page",
        name="VocabularyPage",
        shortcut="Ctrl+3",
    ),
    PageSpec(
        key="playground",
        title="Playground",
        question="How is my text cut, step by step, and where do two tokenizers differ on it?",
        group="Tokenizer",
        icon="split",
        module="app.pages.playground.page",
        name="PlaygroundPage",
        shortcut="Ctrl+4",
    ),
    PageSpec(
        key="shape",
        title="Shape",
        question="How many parameters, FLOPs and bytes does this Transformer need, and what if the context grows?",
        group="Model",
        icon="layers",
        module="app.pages.shape.page",
        name="ShapePage",
        shortcut="Ctrl+5",
    ),
    PageSpec(
        key="training",
        title="Training",
        question="Launch, watch, compare and resume runs: which settings learn best, and what does each cost?",
        group="Model",
        icon="chart-line",
        module="app.pages.training.page",
        name="TrainingPage",
        shortcut="Ctrl+6",
    ),
    PageSpec(
        key="generation",
        title="Generation",
        question="What does the model say, how sure is it, and what else could it have said?",
        group="Model",
        icon="message-square-text",
        module="app.pages.generation.page",
        name="GenerationPage",
        shortcut="Ctrl+7",
    ),
    PageSpec(
        key="components",
        title="Components",
        question="The visual language on one sheet: every state that a control, a message or a job can be in.",
        group="",
        icon="layers",
        module="app.pages.components",
        name="ComponentsPage",
    ),
)
