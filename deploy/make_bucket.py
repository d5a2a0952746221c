"""Make the buckets of the storage root and of the landing folder where they are not there yet.

The service `bucket` of deploy/compose/s3.yml runs it once, before anything looks into the object store.
"""

from __future__ import annotations

import sys

import typer

from seismic_assets.objects import ObjectAddress, ObjectStoreError
from seismic_assets.objects.client import client, sentences
from seismic_assets.settings import Settings, SettingsError, load_settings


def make_buckets(settings: Settings) -> list[str]:
    """Make what is missing; returns the names of the buckets that were made.

    Raises:
        ObjectStoreError: the store does not answer or refuses.
    """
    addresses = (each for each in (settings.storage_root, settings.landing_dir) if isinstance(each, ObjectAddress))
    made = []
    for bucket, address in {each.bucket: each for each in addresses}.items():
        with sentences(address):
            store = client()
            if bucket not in {each["Name"] for each in store.list_buckets()["Buckets"]}:
                store.create_bucket(Bucket=bucket)
                made.append(bucket)
    return made


def main() -> None:
    """Say what was made, or in one sentence what is wrong."""
    try:
        made = make_buckets(load_settings())
    except (ObjectStoreError, SettingsError) as error:
        sys.exit(str(error))
    typer.echo(f"made {', '.join(made)}" if made else "every bucket was there")


if __name__ == "__main__":
    main()
