import pytest

from seismic_assets.labels import LabelError, WindowRule, missing_files, read_label_config
from seismic_assets_tests.labels.building import DEFAULTS, configure


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.pts").write_text("1 2 3\n")
    (tmp_path / "v.npz").write_bytes(b"")
    (tmp_path / "t.csv").write_text("")
    return tmp_path


def refusal(folder, text: str) -> str:
    with pytest.raises(LabelError) as caught:
        configure(folder, text)
    message = str(caught.value)
    assert message.startswith(str(folder / "labels.yaml"))
    return message.removeprefix(str(folder / "labels.yaml"))


def test_a_folder_without_the_file_has_no_configuration(tmp_path):
    assert read_label_config(tmp_path, DEFAULTS) is None


def test_the_other_ending_is_read_too(folder):
    (folder / "labels.yml").write_text("sources: [{kind: volume, path: v.npz}]")
    config = read_label_config(folder, DEFAULTS)
    assert config is not None and config.path.name == "labels.yml"


def test_both_endings_at_once_are_refused(folder):
    (folder / "labels.yml").write_text("")
    with pytest.raises(LabelError, match="keep one of them"):
        configure(folder, "")


def test_everything_that_is_written_arrives(folder):
    config = configure(
        folder,
        "classes: [rock, salt]\n"
        "window_rule: [{class: salt, within: 0.5, share: 0.0}, {class: 0, within: 1.0, share: 0.12}]\n"
        "sources:\n"
        "  - {kind: picks, class: salt, path: a.pts, columns: [crossline, inline, time_ms]}\n"
        "  - {kind: volume, path: v.npz, file: x.sgy}\n"
        "  - {kind: table, path: t.csv}\n",
    )
    assert config.classes == ("rock", "salt")
    assert config.window_rule == (WindowRule(1, 0.5, 0.0), WindowRule(0, 1.0, 0.12))
    picks, volume, table = config.sources
    assert (picks.kind, picks.class_index, picks.columns) == ("picks", 1, ("crossline", "inline", "time_ms"))
    assert (volume.kind, volume.path, volume.file, volume.line) == ("volume", folder / "v.npz", "x.sgy", 5)
    assert (table.kind, table.name, table.file) == ("table", "t.csv", None)


def test_without_classes_the_defaults_hold(folder):
    assert configure(folder, "sources: [{kind: volume, path: v.npz}]").classes == DEFAULTS


SOURCE = "sources:\n  - {kind: volume, path: v.npz}\n"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "no mapping"),
        ("classes: [a\nsources: ]", 2, "not valid YAML"),
        (SOURCE + "clases: [a]", 3, "the key 'clases' is unknown"),
        (SOURCE + "sources: []", 3, "the key 'sources' is written twice"),
        ("classes: [a]", 1, "the key 'sources' is missing"),
        ("sources: []", 1, "at least 1 item"),
        ("classes: [a, low amp]\n" + SOURCE, 1, "has more than letters, digits, _ and -"),
        ("classes: [a, b,\n  a]\n" + SOURCE, 2, "the class 'a' is named twice"),
        ("classes: [yes, no]\n" + SOURCE, 1, "put it in quotes"),
        (SOURCE + "  - {kind: polygon, path: v.npz}", 3, "the kind 'polygon' is unknown"),
        (SOURCE + "  - {path: v.npz}", 3, "no kind"),
        (SOURCE + "  - kind: volume\n    path: v.npz\n    clas: x", 5, "the key 'clas' is unknown"),
        (SOURCE + "  - kind: picks\n    path: a.pts", 3, "the key 'class' is missing"),
        (SOURCE + "  - kind: picks\n    path: a.pts\n    class: salt", 5, "the class 'salt' is not among"),
        (SOURCE + "  - kind: volume\n    path: gone.npz", 4, "'gone.npz' does not exist"),
        (SOURCE + "  - kind: volume\n    path: a.pts", 4, "'a.pts' cannot be a volume"),
        (SOURCE + "  - kind: volume\n    path: /etc/v.npz", 4, "leads out of the folder"),
        (SOURCE + "  - kind: volume\n    path: x/../../v.npz", 4, "leads out of the folder"),
        (SOURCE + "  - kind: volume\n    path: v.npz", 4, "listed twice"),
        (
            SOURCE + "  - {kind: picks, class: normal, path: a.pts,\n     columns: [inline, time_ms]}",
            4,
            "columns must name",
        ),
        (SOURCE + "  - {kind: picks, class: normal, path: a.pts, columns: [depth]}", 3, "not allowed"),
        (SOURCE + "window_rule:\n  - {class: salt, within: 1, share: 0}", 4, "the class 'salt' is not among"),
        (SOURCE + "window_rule:\n  - {class: 3, within: 1, share: 0}", 4, "there is no class 3"),
        (SOURCE + "window_rule:\n  - {class: 1, within: 1.5, share: 0}", 4, "less than or equal to 1"),
        (SOURCE + "window_rule:\n  - {class: 1, within: 1, share: .nan}", 4, "finite number"),
    ],
)
def test_a_mistake_is_refused_with_its_line_and_what_is_wrong(folder, text, line, what):
    message = refusal(folder, text)
    assert message.startswith(f", line {line}: ")
    assert what in message
    assert "\n" not in message


@pytest.mark.parametrize("text", ["? [a]\n: b\n", "classes: [2020-13-45]", "[" * 5000, "1: 2\n", "classes: &a [*a]"])
def test_odd_yaml_is_refused_in_one_sentence(folder, text):
    assert "\n" not in refusal(folder, text)


def test_python_objects_are_not_built_from_yaml(folder):
    assert "not valid YAML" in refusal(folder, "classes: !!python/object/apply:os.getcwd []\n")


def test_text_in_another_encoding_is_refused(folder):
    (folder / "labels.yaml").write_bytes("classes: [Störung]".encode("latin-1"))
    with pytest.raises(LabelError, match="UTF-8"):
        read_label_config(folder, DEFAULTS)


def test_more_classes_than_a_byte_can_tell_from_unlabelled_are_refused(folder):
    names = ", ".join(f"c{index}" for index in range(256))
    assert "at most 255" in refusal(folder, f"classes: [{names}]\n" + SOURCE)


def test_sources_of_files_that_are_not_there_are_found(folder):
    config = configure(
        folder,
        "sources:\n"
        "  - {kind: volume, path: v.npz, file: gone.sgy}\n"
        "  - {kind: picks, class: normal, path: a.pts, file: there.sgy}\n"
        "  - {kind: table, path: t.csv}\n",
    )
    assert [source.name for source in missing_files(config, ["line/there.sgy"])] == ["v.npz"]


def test_a_path_with_a_folder_names_that_file_alone(folder):
    config = configure(folder, "sources: [{kind: volume, path: v.npz, file: a/x.sgy}]")
    assert missing_files(config, ["a/x.sgy"]) == ()
    assert missing_files(config, ["b/x.sgy"]) == config.sources
