import pytest

from seismic_assets.labels import LabelError, label_digest, source_digests
from seismic_assets_tests.labels.building import configure

TEXT = "classes: [a, b]\nsources:\n  - {kind: picks, class: a, path: 1.pts}\n  - {kind: picks, class: b, path: 2.pts}\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "1.pts").write_text("1 2 3\n")
    (tmp_path / "2.pts").write_text("1 2 7\n")
    return tmp_path


def test_comments_and_the_order_of_sources_do_not_change_the_digest(folder):
    first = label_digest(configure(folder, TEXT))
    swapped = "\n".join(["# picks", *TEXT.splitlines()[:2], TEXT.splitlines()[3], TEXT.splitlines()[2]])
    assert label_digest(configure(folder, swapped)) == first


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[a, b]", "[b, a]"),
        ("class: a", "class: b"),
        ("1.pts}", "1.pts, file: x.sgy}"),
        ("sources", "window_rule: [{class: a, within: 1, share: 0.1}]\nsources"),
    ],
)
def test_another_meaning_changes_the_digest(folder, old, new):
    assert label_digest(configure(folder, TEXT.replace(old, new))) != label_digest(configure(folder, TEXT))


def test_one_byte_of_a_source_changes_its_digest_and_the_whole(folder):
    config = configure(folder, TEXT)
    whole, single = label_digest(config), source_digests(config)
    (folder / "2.pts").write_text("1 2 8\n")
    assert label_digest(config) != whole
    changed = {name for name, digest in source_digests(config).items() if digest != single[name]}
    assert changed == {"2.pts"}


def test_a_source_that_vanished_is_named(folder):
    config = configure(folder, TEXT)
    (folder / "2.pts").unlink()
    with pytest.raises(LabelError, match=r"2\.pts: cannot be read"):
        label_digest(config)
