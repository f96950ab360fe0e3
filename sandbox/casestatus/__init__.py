"""The client portal Case Status as a local server: the proposed contract of its vendor file, to the letter."""
