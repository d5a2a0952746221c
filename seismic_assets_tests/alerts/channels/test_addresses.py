import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismic_assets.alerts.channels.addresses import channels_of, redacted
from seismic_assets.alerts.channels.apprise_channel import AppriseChannel
from seismic_assets.alerts.channels.webhook import Webhook
from seismic_assets.alerts.errors import AlertSettingError

SECRET = "T0KEN7c0ffee"


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://localhost:8099/hook", Webhook),
        ("https://chat.example.org/hooks/abc", Webhook),
        ("https://hooks.slack.com/services/T12345678/B12345678/abcdefghijklmnopqrstuvwx", AppriseChannel),
        ("json://localhost:8099/hook", AppriseChannel),
        ("slack://T12345678/B12345678/abcdefghijklmnopqrstuvwx", AppriseChannel),
        ("mailto://127.0.0.1:25?from=a@example.org&to=b@example.org", AppriseChannel),
        ("mailtos://user:pass@smtp.example.org?to=b@example.org", AppriseChannel),
    ],
)
def test_an_address_goes_to_the_channel_that_understands_it(url: str, kind: type) -> None:
    assert [type(each) for each in channels_of([url]).values()] == [kind]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"slak://{SECRET}/x", r"\(slak://…\) is of a kind that is not known"),
        (f"slack://{SECRET}", r"\(slack://…\) is of a kind that is not known, or lacks a part"),
        (f"hooks.example.org/{SECRET}", r"\(…\) has no scheme"),
        (f"https:///{SECRET}", r"\(https://…\) names no host"),
        (f"https://host:{SECRET}/", r"\(https://…\) names no host"),
        (f"https://host/{SECRET} {SECRET}", r"\(https://host/…\) names no host"),
        (f"file:///{SECRET}", r"\(file://…\) is of a kind that is not known"),
    ],
)
def test_an_address_that_nobody_understands_is_refused_in_one_sentence(url: str, shown: str) -> None:
    with pytest.raises(AlertSettingError, match=rf"^SEISMIC_ALERT_URLS: address 2 {shown}") as caught:
        channels_of(["http://localhost/hook", url])
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_an_address_counts_once_and_an_empty_one_not_at_all() -> None:
    assert len(channels_of(["http://localhost/hook", "", " ", " http://localhost/hook "])) == 1


def test_an_id_shows_nothing_of_its_address() -> None:
    ((name, channel),) = channels_of([f"https://example.org/{SECRET}"]).items()
    assert name == channel.id
    assert SECRET not in f"{name} {channel.label}"


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8")), st.sampled_from(["", "http://", "https://h/", "slack://", "x"]))
def test_no_address_breaks_the_redaction(rest: str, start: str) -> None:
    assert "\n" not in redacted(start + rest)


@settings(deadline=None)
@given(
    st.sampled_from(["http://", "https://", "slack://", "mailto://", "json://"]),
    st.sampled_from(["user:{}@host/x", "host/{}", "host/x?token={}", "host:80/#{}", "{}:{}@host"]),
)
def test_what_may_be_secret_is_not_shown(scheme: str, form: str) -> None:
    assert SECRET not in redacted(scheme + form.format(SECRET, SECRET))
