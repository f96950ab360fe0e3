"""Firm blocks to Prefect deployments."""
