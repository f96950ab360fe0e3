"""Tests of the connectors: each fact of a vendor with its tag, and the HTTP layer's promises with their figures."""
