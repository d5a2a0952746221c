import ssl
import traceback
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from seismic_assets.alerts.channels.webhook import Webhook
from seismic_assets.alerts.errors import DeliveryError
from seismic_assets.alerts.message import Message
from seismic_assets_tests.alerts.building import DRIFT, NOON
from seismic_assets_tests.alerts.receivers import hook
from seismic_assets_tests.ports import free_port

MESSAGE = Message(period="p", change="new", alert=DRIFT, started_at=NOON, said_at=NOON, seen=1)


def send(url: str, seconds: float = 10) -> None:
    Webhook("id", "label", url).send(MESSAGE, seconds)


def refusal(url: str, seconds: float = 10) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        send(url, seconds)
    assert url not in "".join(traceback.format_exception(caught.value))
    return caught.value


def test_the_payload_arrives_as_json() -> None:
    with hook() as server:
        send(f"{server.url}?token=abc")
        assert server.posts == [MESSAGE.payload()]
        assert server.paths == ["/hook?token=abc"]


@pytest.mark.parametrize(
    ("status", "retried"),
    [(500, True), (503, True), (429, True), (408, True), (400, False), (404, False), (410, False)],
)
def test_only_what_may_pass_is_worth_retrying(status: int, retried: bool) -> None:
    with hook(status) as server:
        error = refusal(server.url)
    assert (error.cause, error.worth_retrying) == (f"it answered {status}", retried)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_not_followed(status: int) -> None:
    with hook() as elsewhere, hook(status, headers={"Location": elsewhere.url}) as server:
        error = refusal(server.url)
        assert elsewhere.tries == 0
    assert "a redirect, which is not followed" in error.cause
    assert not error.worth_retrying


def test_a_webhook_that_is_down_cannot_be_reached() -> None:
    error = refusal(f"http://127.0.0.1:{free_port()}/hook")
    assert (error.cause, error.worth_retrying) == ("it cannot be reached", True)


def test_a_webhook_that_does_not_answer_is_left() -> None:
    with hook() as server:
        server.going.clear()
        assert refusal(server.url, 0.2).cause == "it did not answer in time"
        assert server.posts == []


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(self_signed(tmp_path))
    with hook(tls=tls) as server:
        error = refusal(server.url.replace("http:", "https:"))
        assert server.tries == 0
    assert error.cause.startswith("its certificate is not trusted")
    assert not error.worth_retrying


def self_signed(folder: Path) -> Path:
    """A file with a key and a certificate for 127.0.0.1 that vouches for itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(secret + certificate.public_bytes(pem))
    return path
