"""What does the palette offer on the Generation page, and by which keys?"""

from typing import TYPE_CHECKING, Final

from app.commands import Command

if TYPE_CHECKING:
    from app.pages.generation.page import GenerationPage

TITLE: Final = "Generation"


def commands_of(page: "GenerationPage") -> list[Command]:
    """The commands of the page, the usual ones first."""
    acting, exporting, speaking = page.acting, page.exporting, page.voice.speaking
    return [
        Command("Generate, or stop", acting.generate_or_stop, "play", TITLE, "Ctrl+Return; Ctrl+Enter", "text say"),
        Command("Throw another seed", page.panel.die.click, "dice-5", TITLE, "Ctrl+D", "random"),
        Command("Score a text, or generate again", acting.toggle_scoring, "scan-text", TITLE, "", "perplexity loss"),
        Command("Play all checkpoints", acting.play, "play", TITLE, "", "scrub animate"),
        Command("Show what was said before", page.earlier.offer, "history", TITLE, "Ctrl+H", "prompts history list"),
        Command("Copy the text", exporting.copy_text, "copy", TITLE, "Ctrl+Shift+C"),
        Command("Copy the text with its prompt", exporting.copy_whole, "copy", TITLE),
        Command("Copy as JSON with probabilities", exporting.copy_json, "copy", TITLE),
        Command("Open saved branches", page.returning.ask_file, "folder-open", TITLE, "", "conversation json"),
        Command("Remove the shown branch", acting.remove_shown, "trash-2", TITLE),
        Command("Measure the speed of the model", speaking.measure, "ruler", TITLE, "", "tokens cache flops"),
        Command("Open a folder with a model", page.ask_folder, "folder-open", TITLE, "Ctrl+O", "hugging face llama"),
    ]
