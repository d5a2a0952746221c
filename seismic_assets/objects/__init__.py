"""Object stores that speak S3: addresses in them, the way there, and what goes wrong on it."""

from seismic_assets.objects.access import ObjectAccess
from seismic_assets.objects.address import ObjectAddress, Place
from seismic_assets.objects.errors import ObjectStoreError

__all__ = ["ObjectAccess", "ObjectAddress", "ObjectStoreError", "Place"]
