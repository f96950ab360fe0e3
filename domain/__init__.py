"""The rules of casebridge, pure: no I/O, no Prefect, no vendor's field name."""
