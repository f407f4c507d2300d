"""Are names that differ still told apart when they are cut?"""

from hypothesis import given
from hypothesis import strategies as st

from app.widgets.fitted_names import fitted_names

NAMES = st.lists(st.text("abc -", max_size=30), max_size=6)


def test_a_name_is_cut_in_the_middle() -> None:
    assert fitted_names(["sample-96 learning_rate 1e-3", "short"], 12, len) == ["sample…1e-3", "short"]


def test_names_that_would_look_alike_are_cut_elsewhere() -> None:
    base, other = "sample-96 learning_rate 1e-3", "sample-96 2 learning_rate 1e-3"
    cut = fitted_names([base, other, "sample"], 20, len)
    assert cut[0] != cut[1]
    assert cut[1].startswith("sample-96 2")
    assert cut[2] == "sample"
    at_the_end = fitted_names(
        ["learning rate of the model 1 of it all", "learning rate of the model 2 of it all"], 20, len
    )
    assert at_the_end[0] != at_the_end[1]


@given(NAMES, st.integers(1, 40))
def test_what_fits_is_whole_and_nothing_is_wider(names: list[str], most: int) -> None:
    cut = fitted_names(names, most, len)
    assert len(cut) == len(names)
    for name, shown in zip(names, cut, strict=True):
        assert len(shown) <= most
        assert shown == name or (len(name) > most and "…" in shown)
    assert len(set(cut)) <= len(set(names))
