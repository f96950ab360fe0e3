"""Soluno's proposed contract: ``app`` is the vendor, ``firm`` its state, ``inspection`` its control routes."""
