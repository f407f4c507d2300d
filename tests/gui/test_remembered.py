"""Is nothing lost of what windows said, and nothing kept that was removed, however they end?"""

import os
from dataclasses import replace
from pathlib import Path

from app.pages.generation import keeping
from app.pages.generation.conversation import Conversation
from app.pages.generation.remembered import Found, Inputs, Remembered, Said, name_of
from app.pages.generation.tokens import SaidToken, SamplingChoice, text_of
from app.pages.generation.tree import Branch, Tree
from lmcore.generators import result_of

INPUTS = Inputs("the prompt", "scored", SamplingChoice(seed=5), 99, "/model", "")


def saying(prompt: str, *texts: str, version: tuple[tuple[str, int, int], ...] = ()) -> Conversation:
    """A conversation with branches that say these."""
    made = Conversation("/model", prompt, version)
    for key, text in enumerate(texts):
        tokens = tuple(SaidToken(one, bytes([one])) for one in text.encode())
        made.tree = made.tree.with_branch(Branch(key, None, 0, tokens, SamplingChoice(seed=key), ended="stop"))
        made.shown = key
    return made


def write(disk: Remembered, *every: Conversation, found: Found | None = None, inputs: Inputs = INPUTS) -> None:
    disk.write([Said.of(one, {}) for one in every], inputs, found.taken_over if found else ())


def found_by(disk: Remembered) -> Found:
    return result_of(disk.reading())


def texts(found: Found) -> set[tuple[str, str]]:
    """Prompts and what is said of them."""
    return {
        (one.prompt, text_of(one.tree.text(branch.key))) for one in found.conversations for branch in one.tree.branches
    }


def test_all_prompts_and_the_inputs_come_back(tmp_path: Path) -> None:
    disk = Remembered(tmp_path / "generation")
    assert found_by(disk) == Found()
    assert not (tmp_path / "generation").exists()
    write(disk, saying("a", "one", "two"), saying("b", "three"))
    disk.close()
    found = found_by(Remembered(tmp_path / "generation"))
    assert texts(found) == {("a", "one"), ("a", "two"), ("b", "three")}
    assert found.inputs == INPUTS
    assert found.unread == ()


def test_two_windows_leave_each_other_s_texts_alone(tmp_path: Path) -> None:
    """The first removes all that it said while the second is open; the third finds what the second said, once."""
    first, second = Remembered(tmp_path), Remembered(tmp_path)
    whale = saying("whale", "one")
    write(first, whale)
    assert texts(found_by(second)) == set()  # the first one's, which is open
    write(second, saying("whale", "another"), saying("b", "two"))
    whale.tree, whale.shown = Tree(), None
    write(first, whale)
    first.close()
    second.close()
    third = Remembered(tmp_path)
    found = found_by(third)
    assert texts(found) == {("whale", "another"), ("b", "two")}
    write(third, *found.conversations, found=found)
    third.close()
    assert [path.parent.name for path in tmp_path.glob("*/*.json") if path.name != "page.json"] == ["1", "1"]
    assert texts(found_by(Remembered(tmp_path))) == {("whale", "another"), ("b", "two")}


def test_what_was_taken_over_stays_until_it_is_written(tmp_path: Path) -> None:
    """A window that is killed before it has written loses nothing of the ones before."""
    first, second = Remembered(tmp_path), Remembered(tmp_path)
    write(first, saying("a", "one"))
    write(second, saying("b", "two"))
    first.close()
    second.close()
    killed = Remembered(tmp_path)
    assert len(found_by(killed).conversations) == 2
    write(killed, saying("c", "three"))  # before the page has taken what was found
    killed.close()
    assert texts(found_by(Remembered(tmp_path))) == {("a", "one"), ("b", "two"), ("c", "three")}


def test_a_removed_text_stays_removed_and_what_was_not_read_stays(tmp_path: Path) -> None:
    disk = Remembered(tmp_path)
    write(disk, saying("a", "one"))
    disk.close()
    hasty = Remembered(tmp_path)
    write(hasty, saying("a", "one", "two"))  # before it has read what there is
    hasty.close()
    last = Remembered(tmp_path)
    (back,) = found_by(last).conversations
    assert len(back.tree) == 2
    back.tree, back.shown = Tree(), None
    last.write_last([Said.of(back, {})], INPUTS)
    write(last, saying("a", "late"))  # by a thread that was slow
    assert found_by(Remembered(tmp_path)).conversations == ()


def test_other_files_of_a_model_are_another_conversation(tmp_path: Path) -> None:
    disk = Remembered(tmp_path)
    old = saying("a", "one", version=(("model.safetensors", 2**62 + 1, 3),))
    write(disk, old, saying("a", "two", version=(("model.safetensors", 2**62 + 2, 3),)))
    disk.close()
    found = found_by(Remembered(tmp_path)).conversations
    assert {(one.version, text_of(one.said)) for one in found} == {
        ((("model.safetensors", 2**62 + 1, 3),), "one"),
        ((("model.safetensors", 2**62 + 2, 3),), "two"),
    }


def test_the_last_that_were_said_are_kept_up_to_a_bound_and_the_shown_one_always(tmp_path: Path) -> None:
    disk = Remembered(tmp_path, bound=3_000)
    every = [saying(str(number), "x" * 20) for number in range(5)]
    shown = Inputs("", "", SamplingChoice(), 1, "", name_of(every[0]))
    for number, one in enumerate(every):
        write(disk, one, inputs=shown)
        os.utime(tmp_path / "1" / name_of(one), (number, number))
    write(disk, inputs=shown)
    left = {one.prompt for one in found_by(disk).conversations}
    size = (tmp_path / "1" / name_of(every[0])).stat().st_size
    assert 1 <= 3_000 // size < 4, "the test is of another size"
    assert left == {"0", *[str(number) for number in range(5 - 3_000 // size, 5)]}


def test_what_was_dropped_is_written_again_once_it_is_shown_or_changed_and_not_before(tmp_path: Path) -> None:
    folder = tmp_path / "1"
    disk = Remembered(tmp_path, bound=1_500)
    every = [saying(prompt, "x" * 20) for prompt in ("a", "b", "c")]
    files = [folder / name_of(one) for one in every]

    def left(shown: int = -1) -> list[bool]:
        write(disk, *every, inputs=replace(INPUTS, shown=files[shown].name if shown >= 0 else ""))
        for number, file in enumerate(files):
            if file.exists():
                os.utime(file, (number, number))
        os.utime(folder, (0, 0))
        return [file.exists() for file in files]

    for number, one in enumerate(every):
        write(disk, one)
        os.utime(files[number], (number, number))
    assert files[2].stat().st_size < 1_500 < 2 * files[2].stat().st_size, "the test is of another size"
    assert left() == [False, False, True]
    assert left() == [False, False, True]
    assert folder.stat().st_mtime == 0
    assert left(shown=0) == [True, False, True]
    assert left(shown=1) == [False, True, True]
    every[0].tree = every[0].tree.with_end(0, "asked")
    assert left() == [True, False, False]


def test_what_cannot_be_read_is_told_and_stays(tmp_path: Path) -> None:
    disk = Remembered(tmp_path)
    write(disk, saying("a", "one"))
    (tmp_path / "1" / "rubbish.json").write_text("{")
    (tmp_path / "1" / "page.json").write_text("[]")
    found = found_by(disk)
    assert texts(found) == {("a", "one")}
    assert {path.name for path in found.unread} == {"rubbish.json", "page.json"}
    assert found.inputs is None
    assert (tmp_path / "1" / "rubbish.json").exists()


def test_nothing_is_written_twice(tmp_path: Path) -> None:
    disk = Remembered(tmp_path)
    one = saying("a", "one")
    write(disk, one)
    file = tmp_path / "1" / name_of(one)
    file.unlink()
    write(disk, one)
    assert not file.exists()
    one.tree = one.tree.with_end(0, "asked")
    write(disk, one)
    assert keeping.load(file)[0].tree == one.tree
