"""Prefect blocks: a firm, and the credentials of each system."""
