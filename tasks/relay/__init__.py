"""Relaying messages and documents: one tick polls every firm's feed, and delivers what is due, each thing once."""
