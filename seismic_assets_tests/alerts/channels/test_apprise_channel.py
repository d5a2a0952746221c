import pytest

from seismic_assets.alerts.channels import Channel, channels_of
from seismic_assets.alerts.errors import DeliveryError
from seismic_assets.alerts.message import Change, Message
from seismic_assets_tests.alerts.building import NOON, an_alert
from seismic_assets_tests.alerts.receivers import hook, mail_server
from seismic_assets_tests.ports import free_port

ADDRESSES = "from=seismic@example.org&to=operator@example.org&mode=insecure"


def channel_of(url: str) -> Channel:
    (channel,) = channels_of([url]).values()
    return channel


def said(change: Change = "new", title: str = "Features have drifted") -> Message:
    return Message(period="p", change=change, alert=an_alert(title=title), started_at=NOON, said_at=NOON, seen=1)


def test_a_mail_arrives_with_its_subject_and_text() -> None:
    port = free_port()
    with mail_server(port) as mails:
        channel_of(f"mailto://127.0.0.1:{port}?{ADDRESSES}").send(said(), 10)
    (mail,) = mails
    assert mail["Subject"] == "Warning: Features have drifted"
    assert "operator@example.org" in mail["To"]
    text = "".join(part.get_payload(decode=True).decode() for part in mail.walk() if not part.is_multipart())
    assert "6 of 40 features of north.sgy have drifted" in text


def test_a_mail_server_that_is_down_is_worth_retrying() -> None:
    with pytest.raises(DeliveryError, match="Apprise could not hand it over") as caught:
        channel_of(f"mailto://127.0.0.1:{free_port()}?{ADDRESSES}").send(said(), 1)
    assert caught.value.worth_retrying


@pytest.mark.parametrize(("change", "kind"), [("new", "warning"), ("resolved", "success")])
def test_json_of_apprise_tells_the_kind_of_message(change: Change, kind: str) -> None:
    with hook() as server:
        channel_of(server.url.replace("http:", "json:")).send(said(change), 10)
        (post,) = server.posts
    assert post["type"] == kind
    assert "Features have drifted" in post["title"]


def test_apprise_follows_no_redirect_either() -> None:
    with hook() as elsewhere, hook(307, headers={"Location": elsewhere.url}) as server:
        with pytest.raises(DeliveryError):
            channel_of(server.url.replace("http:", "json:")).send(said(), 10)
        assert elsewhere.tries == 0


def test_a_service_that_hangs_is_left() -> None:
    with hook() as server:
        server.going.clear()
        with pytest.raises(DeliveryError):
            channel_of(server.url.replace("http:", "json:")).send(said(), 0.2)
        assert server.posts == []
