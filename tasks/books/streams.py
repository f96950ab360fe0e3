"""Streams of deliveries into a firm's books, in the order in which they are made."""

CONTACTS = "soluno.contacts"
CASEFILES = "soluno.casefiles"
COSTS = "soluno.costs"
SETTLEMENTS = "soluno.settlements"
"""Trust lines, settlement fees and charges."""
INVOICES = "soluno.invoices"
