"""One package per outside system: client, wire shapes, translation to and from ``domain``."""
