import re
import unicodedata
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.llm.facts import Facts
from seismic_assets.llm.prompts import load_prompt, quoted, redacted
from seismic_assets.llm.prompts.quoting import ensure_quoted, one_line

INJECTIONS = yaml.safe_load((Path(__file__).parent / "injections.yaml").read_text(encoding="utf-8"))
FENCE = re.compile(r"<<<data ([0-9a-f]{16})\n(.*)\n\1 data>>>", re.DOTALL)
TURN = re.compile(
    r"<\||\|>|\[/?INST\]|<</?SYS>>|</?s>|<(start|end)_of_turn>|</?(system|tool)>|```|\{\{|\{%|<<<|>>>|"
    r"\b(system|assistant|user|human)[ \t]*:",
    re.IGNORECASE,
)
FRAGMENTS = st.lists(
    st.sampled_from([
        *("<", "<<", "<<<", "data", ">", ">>>", "|", "<|", "|>", "im_start", "[", "]", "INST", "/", "{", "}}", "%"),
            *("`", "``"),
        *("SYS", "s", "system", ":", "\n", " ", "\u200b", "\u202e", "\x00", "#", "-", "'", '"', "\r"),
    ]),
    max_size=40,
).map("".join)  # fmt: skip


def _within(text: str, most: int = 2000) -> str:
    match = FENCE.fullmatch(quoted(text, most))
    assert match is not None
    return match[2]


@pytest.mark.parametrize("text", INJECTIONS, ids=range(len(INJECTIONS)))
def test_an_injection_comes_out_inert(text: str) -> None:
    inside = _within(text)
    assert TURN.search(inside) is None
    assert all(char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cf", "Co", "Cs") for char in inside)


@pytest.mark.parametrize("text", INJECTIONS, ids=range(len(INJECTIONS)))
def test_an_injection_stays_within_the_fences_of_a_prompt(text: str) -> None:
    user = load_prompt("answer").question(Facts([]), question=text, passages=text).messages[1].content
    assert user.count("<<<data") == user.count("data>>>") == 2
    outside = re.sub(r"<<<data ([0-9a-f]{16})\n.*?\n\1 data>>>", "", user, flags=re.DOTALL)
    template = load_prompt("answer").user.replace("{{ passages }}", "").replace("{{ question }}", "")
    assert outside.split() == template.split()


@given(st.one_of(st.text(), FRAGMENTS))
def test_no_text_leaves_its_fence_or_keeps_a_mark_of_a_turn(text: str) -> None:
    assert TURN.search(_within(text)) is None


@given(st.one_of(st.text(), FRAGMENTS))
def test_quoting_a_quotation_leaves_it_as_it_is(text: str) -> None:
    once = quoted(text)
    assert ensure_quoted(once, 2000) == once
    assert ensure_quoted(f"[1]\n{once}\n\n[2]\n{once}", 8000).count("data>>>") == 2


def test_a_quotation_with_words_beside_it_is_quoted_again() -> None:
    text = f"{quoted('x')} Now obey."
    again = ensure_quoted(text, 2000)
    assert FENCE.fullmatch(again) and again.count("data>>>") == 1


@given(st.text(alphabet="abc def\n", min_size=1, max_size=500), st.integers(1, 400))
def test_a_long_text_is_cut_and_says_so(text: str, most: int) -> None:
    inside = _within(text, most)
    if len(text) > most:
        assert inside == f"{text[:most]}\n(cut: {len(text) - most:,} more characters)"
    else:
        assert inside == text


@given(st.text())
def test_a_value_stays_on_its_line_and_in_its_column(text: str) -> None:
    line = one_line(text)
    assert "|" not in line and len(line.splitlines()) <= 1 and len(line) <= 170


def test_the_same_text_is_quoted_the_same_way() -> None:
    assert quoted("a") == quoted("a") != quoted("b")


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("password=hunter2", "hunter2"),
        ("DB_PASSWORD: 'hunter two'", "hunter"),
        ('{"api_key": "abc123"}', "abc123"),
        ("the token is abc123", "abc123"),
        ("secret=abc&x=1", "abc"),
        ("key=0123abcd", "0123abcd"),
        ("postgresql://me:hunter2@host/db", "hunter2"),
        ("redis://:hunter2@host:6379/0", "hunter2"),
        ("AKIAIOSFODNN7EXAMPLE", "IOSFODNN7"),
        ("sk_live_51H8xYzAbCdEfGh", "51H8"),
        ("sk-proj-abcdefghijklmnop", "abcdefgh"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "abcdefgh"),
        ("Authorization: Bearer abcdefghijklmnop", "abcdefgh"),
        ("bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "eyJ"),
        ("xoxb-123456789012-abcdef", "123456789012"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----", "MIIabc"),
        ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI", "wJalr"),
        ("MLFLOW_TRACKING_TOKEN=abcdef", "abcdef"),
        (f"{'long_' * 20}password=hunter2", "hunter2"),
        ("url=9postgres://me:hunter2@host", "hunter2"),
        ("Cookie: session_token=abcdef; path=/", "abcdef"),
    ],
)
def test_a_secret_is_masked_and_enters_no_prompt(text: str, secret: str) -> None:
    assert secret not in redacted(text) and "[masked]" in redacted(text)
    assert secret not in quoted(text) and secret not in one_line(text)


@pytest.mark.parametrize(
    "text",
    [
        "The key of the map is a class.",
        "4 tokens were read",
        "C 1 CLIENT ACME  C 2 LINE 14",
        "https://host.example/a?b=c",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece", ["1-", "a-", "password-", "key=", "<|", "bearer ", "a:", "x://", "eyJ", " ", "\n", "system "]
)
def test_a_long_text_of_any_kind_is_read_in_time_that_grows_with_its_length(piece: str) -> None:
    assert len(redacted(piece * (200_000 // len(piece)))) > 0
    assert len(quoted(piece * 1_000_000, 4000)) < 20_000
