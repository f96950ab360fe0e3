"""Kills, freezes, faults and overlaps, at the level of whole runs."""
