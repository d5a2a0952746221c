"""Monitoring: drift, performance and reports, as assets, checks and sensors."""
