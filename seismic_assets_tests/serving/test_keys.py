"""API keys: a file that the command line changes while services read it."""

import json
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from seismic_assets.serving.keys import (
    ApiKeyError,
    Caller,
    KeyFileError,
    KeyStore,
    UnknownKeyError,
    create_key,
    read_records,
    revoke_key,
    rotate_key,
)

NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ENVIRONMENT_KEY = "of-the-environment-0123"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "serving" / "keys.json"


class Clock:
    """Seconds since 1970, moved by the test."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now.timestamp()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(path: Path, clock: Clock) -> KeyStore:
    """A store that looks at the file for each request."""
    return KeyStore(path, ENVIRONMENT_KEY, reread_seconds=0, clock=clock)


def damage_json(text: str) -> str:
    return text[:-20]


def damage_format(text: str) -> str:
    return text.replace('"format": 1', '"format": 2').replace('"format":1', '"format":2')


def damage_digest(text: str) -> str:
    content = json.loads(text)
    content["keys"][0]["digest"] = "secret"
    return json.dumps(content)


def damage_twice(text: str) -> str:
    content = json.loads(text)
    return json.dumps({**content, "keys": content["keys"] * 2})


def damage_empty(text: str) -> str:
    return ""


DAMAGES = [damage_json, damage_format, damage_digest, damage_twice, damage_empty]


def test_a_key_is_accepted_with_its_role(path: Path, store: KeyStore) -> None:
    made = create_key(path, "viewer", ["predict"], NOW)

    assert store.caller(made.text) == Caller(made.record.id, frozenset({"predict"}))
    assert made.text.startswith(f"sk_{made.record.id}_")
    assert len(made.text.split("_", 2)[2]) == 43


def test_an_admin_may_predict(path: Path, store: KeyStore) -> None:
    made = create_key(path, "operator", ["admin"], NOW)

    caller = store.caller(made.text)

    assert caller is not None
    assert caller.roles == {"predict", "admin"}


def test_the_key_of_the_environment_has_all_roles(store: KeyStore) -> None:
    assert store.caller(ENVIRONMENT_KEY) == Caller("environment", frozenset({"predict", "admin"}))


@pytest.mark.parametrize(
    "change",
    [
        lambda key: key[:-1],
        lambda key: key + "A",
        lambda key: key[:-1] + ("A" if key[-1] != "A" else "B"),
        lambda key: "sk_0000000000_" + key.split("_", 2)[2],
        lambda key: key.split("_", 2)[1],
        lambda key: key.upper(),
        lambda key: key * 100,
        lambda key: "",
    ],
)
def test_what_is_not_quite_the_key_is_refused(path: Path, store: KeyStore, change: Callable[[str], str]) -> None:
    made = create_key(path, "viewer", ["predict"], NOW)

    assert store.caller(change(made.text)) is None


@given(presented=st.text(st.characters(exclude_categories=())) | st.text().map(lambda text: f"sk_{text}"))
def test_no_header_is_taken_for_a_key_or_ends_in_an_error(
    presented: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "hypothesis" / "keys.json"
    if not path.exists():
        create_key(path, "viewer", ["predict"], NOW)

    assert KeyStore(path).caller(presented) is None


def test_the_file_is_for_its_owner_and_holds_no_key(path: Path) -> None:
    made = create_key(path, "viewer", ["predict"], NOW)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    secret = made.text.split("_", 2)[2]
    assert all(secret not in each.read_text() for each in path.parent.iterdir())
    assert secret not in repr(made)
    assert [each.name for each in path.parent.glob("*.part")] == []


def test_a_revoked_key_is_refused_at_once_and_the_others_are_not(path: Path, store: KeyStore) -> None:
    first, second = (create_key(path, name, ["predict"], NOW) for name in ("first", "second"))
    assert store.caller(first.text) is not None

    revoke_key(path, first.record.id, NOW)

    assert store.caller(first.text) is None
    assert store.caller(second.text) is not None


def test_a_key_that_was_revoked_before_keeps_its_time(path: Path) -> None:
    made = create_key(path, "viewer", ["predict"], NOW)
    revoke_key(path, made.record.id, NOW)

    assert revoke_key(path, made.record.id, NOW + DAY).revoked_at == NOW


def test_a_key_expires_without_a_change_of_the_file(path: Path, store: KeyStore, clock: Clock) -> None:
    made = create_key(path, "viewer", ["predict"], NOW, lifetime=DAY)
    clock.now = NOW + DAY - timedelta(seconds=1)
    assert store.caller(made.text) is not None

    clock.now = NOW + DAY

    assert store.caller(made.text) is None
    assert made.record.state(clock.now) == "expired"


def test_after_a_rotation_both_keys_are_accepted_until_the_first_ends(
    path: Path, store: KeyStore, clock: Clock
) -> None:
    old = create_key(path, "viewer", ["admin"], NOW)
    new = rotate_key(path, old.record.id, NOW, keep=timedelta(hours=2))
    callers = {store.caller(old.text), store.caller(new.text)}
    assert {each.key_id for each in callers if each} == {old.record.id, new.record.id}
    assert (new.record.name, new.record.roles) == ("viewer", ("admin",))

    clock.now = NOW + timedelta(hours=2)

    assert store.caller(old.text) is None
    assert store.caller(new.text) is not None
    assert read_records(path)[0].replaced_by == new.record.id


def test_a_rotation_gives_the_same_lifetime_and_does_not_prolong_the_old_key(path: Path) -> None:
    old = create_key(path, "viewer", ["predict"], NOW, lifetime=DAY)

    new = rotate_key(path, old.record.id, NOW + DAY / 2, keep=10 * DAY)

    assert new.record.expires_at == NOW + DAY / 2 + DAY
    assert read_records(path)[0].expires_at == NOW + DAY


def test_a_key_is_rotated_once_and_not_after_its_end(path: Path) -> None:
    old, revoked, expired = (create_key(path, "viewer", ["predict"], NOW, lifetime=DAY) for _ in range(3))
    new = rotate_key(path, old.record.id, NOW, keep=DAY)
    revoke_key(path, revoked.record.id, NOW)

    with pytest.raises(ApiKeyError, match=f"was replaced by {new.record.id}"):
        rotate_key(path, old.record.id, NOW, keep=DAY)
    with pytest.raises(ApiKeyError, match="is revoked"):
        rotate_key(path, revoked.record.id, NOW, keep=DAY)
    with pytest.raises(ApiKeyError, match="is expired"):
        rotate_key(path, expired.record.id, NOW + DAY, keep=DAY)
    assert len(read_records(path)) == 4


def test_an_unknown_id_is_refused_without_repeating_what_may_be_a_key(path: Path) -> None:
    made = create_key(path, "viewer", ["predict"], NOW)

    with pytest.raises(UnknownKeyError, match="seismic key list") as error:
        revoke_key(path, made.text, NOW)

    assert made.text not in str(error.value)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 65])
def test_a_name_that_would_spoil_a_table_is_refused(path: Path, name: str) -> None:
    with pytest.raises(ApiKeyError, match="no key was made"):
        create_key(path, name, ["predict"], NOW)

    assert not path.exists()


def test_a_store_looks_at_the_file_no_more_often_than_it_was_told(path: Path) -> None:
    patient = KeyStore(path, reread_seconds=3600)

    made = create_key(path, "viewer", ["predict"], datetime.now(UTC))

    assert patient.caller(made.text) is None


def test_whether_there_is_any_key_in_force(path: Path, clock: Clock) -> None:
    store = KeyStore(path, reread_seconds=0, clock=clock)
    assert not store.any()
    made = create_key(path, "viewer", ["predict"], NOW, lifetime=DAY)
    assert store.any()

    clock.now = NOW + DAY
    assert not store.any()

    clock.now = NOW
    revoke_key(path, made.record.id, NOW)
    assert not store.any()
    assert KeyStore(path, ENVIRONMENT_KEY).any()


def test_a_service_that_had_a_key_stays_guarded_without_one(path: Path, clock: Clock) -> None:
    store = KeyStore(path, reread_seconds=0, clock=clock)
    assert not store.guarded()
    made = create_key(path, "viewer", ["predict"], NOW, lifetime=DAY)
    assert store.guarded()

    clock.now = NOW + DAY
    assert store.guarded()
    revoke_key(path, made.record.id, NOW)
    assert store.guarded()
    assert KeyStore(path).guarded()
    path.unlink()
    assert store.guarded()
    assert not store.any()
    assert KeyStore(path, ENVIRONMENT_KEY).guarded()


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_service_does_not_start_with_a_damaged_file(path: Path, damage: Callable[[str], str]) -> None:
    create_key(path, "viewer", ["predict"], NOW)
    path.write_text(damage(path.read_text()))

    with pytest.raises(KeyFileError, match=r"keys\.json: the file of API keys is damaged .*restore it") as error:
        KeyStore(path)

    assert "\n" not in str(error.value)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_damaged_later_leaves_the_last_good_keys_and_is_logged_once(
    path: Path, store: KeyStore, damage: Callable[[str], str]
) -> None:
    made = create_key(path, "viewer", ["predict"], NOW)
    assert store.caller(made.text) is not None
    good = path.read_text()
    path.write_text(damage(good))

    with capture_logs() as logs:
        answers = [store.caller(made.text) for _ in range(3)]

    assert None not in answers
    assert [entry["event"] for entry in logs] == ["the last good API keys stay in force"]
    path.write_text(good)
    revoke_key(path, made.record.id, NOW)
    assert store.caller(made.text) is None


def test_a_file_that_is_removed_takes_its_keys_with_it(path: Path, store: KeyStore) -> None:
    made = create_key(path, "viewer", ["predict"], NOW)
    assert store.caller(made.text) is not None

    path.unlink()

    assert store.caller(made.text) is None
    assert store.caller(ENVIRONMENT_KEY) is not None


def test_a_damaged_file_is_not_overwritten(path: Path) -> None:
    create_key(path, "viewer", ["predict"], NOW)
    path.write_text("{")

    with pytest.raises(KeyFileError, match="damaged"):
        create_key(path, "another", ["predict"], NOW)

    assert path.read_text() == "{"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "serving").write_text("a file where the folder belongs")

    with pytest.raises(KeyFileError, match=r"serving/keys\.json: the file of API keys cannot be written"):
        create_key(tmp_path / "serving" / "keys.json", "viewer", ["predict"], NOW)


@pytest.mark.parametrize("key", ["short", "x" * 15, "x" * 513])
def test_a_key_of_the_environment_that_can_be_guessed_or_never_presented_is_refused(path: Path, key: str) -> None:
    with pytest.raises(ApiKeyError, match="key of the environment") as error:
        KeyStore(path, key)

    assert key not in str(error.value)


def test_no_key_is_logged(path: Path, store: KeyStore) -> None:
    made = create_key(path, "viewer", ["predict"], NOW)

    with capture_logs() as logs:
        store.caller(made.text)
        store.caller(made.text + "x")

    assert logs
    assert made.text not in str(logs)
    assert made.text.split("_", 2)[2] not in repr(vars(store))


def test_keys_made_by_several_processes_at_once_are_all_kept(path: Path) -> None:
    script = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path\n"
        "from seismic_assets.serving.keys import create_key\n"
        "for number in range(10):\n"
        "    print(create_key(Path(sys.argv[1]), f'{sys.argv[2]} {number}', ['predict'], datetime.now(UTC)).text)"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", script, str(path), str(each)], stdout=subprocess.PIPE, text=True)
        for each in range(3)
    ]
    keys = [key for process in processes for key in process.communicate(timeout=60)[0].split()]

    store = KeyStore(path)

    assert len({caller.key_id for key in keys if (caller := store.caller(key))}) == 30
