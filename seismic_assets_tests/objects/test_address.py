from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.objects import ObjectAddress
from seismic_assets.objects.address import place_of

NAMES = st.from_regex(r"[A-Za-z0-9_=-][A-Za-z0-9._=-]{0,10}", fullmatch=True).filter(lambda name: name != "..")


@given(st.lists(NAMES, max_size=4))
def test_an_address_is_written_as_it_was_read(names):
    address = ObjectAddress("bucket")
    for name in names:
        address = address / name

    assert ObjectAddress.parse(str(address)) == address
    assert ObjectAddress.parse(f"{address}/") == address


def test_a_path_that_was_made_of_an_address_is_the_address_again():
    assert place_of(Path("s3://bucket/a/b")) == ObjectAddress("bucket", "a/b")


@pytest.mark.parametrize("text", ["/a/s3/b", "s3", "s3/b", "a:b", "/gs://b"])
def test_a_path_is_a_path(text):
    assert place_of(text) == Path(text)
    assert place_of(Path(text)) == Path(text)


@pytest.mark.parametrize(
    "text",
    [
        *("s3://", "s3://B/a", "s3://bucket/a//b", "s3://bucket/../a", "s3://bu", "S3://bucket/a", "s3a://bucket/a"),
        *("s3:", "s3:/bucket", "s3:///bucket", "s3:bucket/a", "s3//bucket/a", "gs://bucket/a", "file:///a"),
        "https://s3.amazonaws.com/bucket/a",
    ],
)
def test_what_is_no_address_is_refused_with_how_one_is_written(text):
    with pytest.raises(ValueError, match="write s3://BUCKET/FOLDER"):
        place_of(text)


def test_parent_name_and_what_lies_below():
    address = ObjectAddress("bucket", "a/b.parquet")

    assert (address.name, address.parent, address.parent.parent) == (
        "b.parquet",
        ObjectAddress("bucket", "a"),
        ObjectAddress("bucket"),
    )
    assert address.is_relative_to(ObjectAddress("bucket", "a")) and address.is_relative_to(ObjectAddress("bucket"))
    assert not address.is_relative_to(ObjectAddress("bucket", "a/b"))
    assert not address.is_relative_to(ObjectAddress("other"))
    assert ObjectAddress("bucket").name == "bucket"
