import pytest

from seismic_assets.llm.client import ClientConfig


@pytest.mark.parametrize(
    "host",
    [
        "http://127.0.0.1:11434",
        "https://models.example.org",
        "http://ollama_1:11434",
        "http://[::1]:11434",
        "http://localhost:1",
    ],
)
def test_an_address_of_a_server_is_taken(host: str) -> None:
    assert ClientConfig(host=host).host == host


@pytest.mark.parametrize(
    "host",
    [
        "",
        "127.0.0.1:11434",
        "localhost",
        "ftp://localhost:21",
        "http://",
        "http://:11434",
        "http://localhost:",
        "http://localhost:0",
        "http://localhost:65536",
        "http://localhost:11434/",
        "http://localhost:11434/api",
        "http://localhost:11434?a=b",
        "http://localhost:11434#a",
        "http://local host",
        "http://localhost\n",
        "http://a..b:1",
        "http://[::1",
        "http://[12345]:1",
        "http://bücher.example",
        "file:///etc/passwd",
    ],
)
def test_anything_else_is_refused_with_a_sentence(host: str) -> None:
    with pytest.raises(ValueError, match="is no address of an Ollama server; give http://host:port"):
        ClientConfig(host=host)


def test_a_password_in_the_address_is_refused_and_not_shown() -> None:
    with pytest.raises(ValueError, match="without a user or password") as raised:
        ClientConfig(host="http://me:secret@localhost:11434")

    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": " "},
        {"model": "a\nb"},
        {"timeout_s": 0.0},
        {"timeout_s": float("inf")},
        {"attempts": 0},
        {"concurrent": 0},
        {"temperature": -1.0},
        {"most_tokens": 0},
        {"context_tokens": 0},
    ],
)
def test_a_wrong_value_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"language model|name of a model"):
        ClientConfig(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("http://127.0.0.1:1", True),
        ("http://127.8.9.1:1", True),
        ("http://[::1]:1", True),
        ("http://localhost:1", True),
        ("http://10.0.0.1:1", False),
        ("http://localhost.example.org:1", False),
    ],
)
def test_it_is_known_whether_the_server_is_on_this_machine(host: str, local: bool) -> None:
    assert ClientConfig(host=host).is_local is local
