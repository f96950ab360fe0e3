"""Clio Manage API v4 as a local server, for the four regions."""
