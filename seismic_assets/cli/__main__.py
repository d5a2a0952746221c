"""`python -m seismic_assets.cli`, the same as `seismic`."""

from seismic_assets.cli.main import main

main()
