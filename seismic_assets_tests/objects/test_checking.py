import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from seismic_assets.objects import ObjectAccess, ObjectAddress, ObjectStoreError
from seismic_assets.objects.checking import check_reading, check_writing
from seismic_assets_tests.object_store import BUCKET, client_of, reached
from seismic_assets_tests.ports import free_port

PLACE = ObjectAddress(BUCKET, "store")
_LISTING = b'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></ListBucketResult>'


@contextmanager
def answering(status: int, code: str = "") -> Iterator[ObjectAccess]:
    """A store that lists nothing and answers every write with a status, or everything with a refusal."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(status if code else 200, _refusal(code) if code else _LISTING)

        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._say(status, b"")

        def _say(self, answer: int, body: bytes) -> None:
            self.send_response(answer)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield ObjectAccess(f"http://127.0.0.1:{server.server_port}", "us-east-1", "key", "secret")
    finally:
        server.shutdown()
        server.server_close()


def _refusal(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>in words</Message></Error>".encode()


def test_a_store_that_keeps_writers_apart_is_taken_again_and_again(access):
    check_writing(PLACE)
    check_writing(PLACE)

    assert [each["Key"] for each in client_of(access).list_objects_v2(Bucket=BUCKET)["Contents"]] == [
        "store/.conditional-put"
    ]


def test_a_bucket_that_is_missing_is_named(access):
    with pytest.raises(ObjectStoreError, match="s3://nowhere/store cannot be used: there is no such bucket; make it"):
        check_writing(ObjectAddress("nowhere", "store"))


def test_a_store_that_writes_over_what_is_there_is_refused():
    refused = pytest.raises(ObjectStoreError, match="two commits to a table could undo each other")
    with answering(200) as careless, reached(careless), refused:
        check_writing(PLACE)


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("InvalidAccessKeyId", "does not know the access key; check SEISMIC_S3_ACCESS_KEY_ID"),
        ("SignatureDoesNotMatch", "the secret does not belong to the access key"),
        ("AccessDenied", "may not do that; grant it"),
        ("RequestTimeTooSkewed", "the clocks of this machine and of the store differ too much"),
        ("SlowDownForever", "the store says SlowDownForever: in words"),
    ],
)
def test_a_refusal_says_what_to_do(code, meaning):
    with answering(403, code) as strict, reached(strict), pytest.raises(ObjectStoreError, match=meaning):
        check_reading(PLACE)


def test_nobody_there_is_a_sentence():
    nobody = ObjectAccess(f"http://127.0.0.1:{free_port()}", "us-east-1", "key", "secret")

    with reached(nobody), pytest.raises(ObjectStoreError, match="check SEISMIC_S3_ENDPOINT and the network"):
        check_reading(PLACE)


def test_no_access_key_is_a_sentence(monkeypatch):
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    keyless = ObjectAccess(f"http://127.0.0.1:{free_port()}", "us-east-1")

    with reached(keyless), pytest.raises(ObjectStoreError, match="there is no access key; check"):
        check_reading(PLACE)
