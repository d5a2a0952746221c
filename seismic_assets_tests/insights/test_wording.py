import pytest

from seismic_assets.insights.wording import counted, figure, listed, percent, sentence, shown_parameters


@pytest.mark.parametrize(
    ("names", "said"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (list("abcd"), "a, b and 2 more")]
)
def test_a_list_in_a_sentence(names, said):
    assert listed(names, 2) == said


def test_numbers_read_well():
    assert (counted(1, "trace"), counted(2400, "trace")) == ("1 trace", "2,400 traces")
    assert (figure(None), figure(0.12345), figure(4000.0), figure(12), figure(True)) == (
        "-",
        "0.123",
        "4,000",
        "12",
        "yes",
    )
    assert (percent(None), percent(0.0), percent(0.0002), percent(0.5)) == ("-", "0.0 %", "less than 0.1 %", "50.0 %")
    assert shown_parameters({"C": 0.1, "penalty": "l2", "class_weight": None}) == "C 0.1, penalty l2, class_weight none"
    assert (sentence("no data."), sentence("")) == ("No data.", "")
