"""Handlers of the lists of the set-up: users, areas, codes, features and accounts [assumed]: 7.4.

Their samples have no ``ModifiedOn``, so ``ModifiedSince`` chooses nothing here and the order is that of ids.
"""

from typing import Any

from sandbox.soluno.call import Call
from sandbox.soluno.paging import paged
from sandbox.soluno.records import OPERATING, TRUST
from sandbox.soluno.refusals import malformed
from sandbox.soluno.rendering import (
    activity_code_json,
    area_json,
    bank_account_json,
    features_json,
    posting_reference_json,
    user_json,
)

Rendered = dict[str, Any]


def users(call: Call) -> Rendered:
    """GET Users?Email=&Active=: an address matches in any letter case."""
    email, active = call.query.get("Email", "").strip().lower(), call.flag("Active")
    found = [
        user
        for user in call.books.users.values()
        if (not email or user.email.lower() == email) and active in {None, user.active}
    ]
    return paged(call, found, user_json)


def areas(call: Call) -> Rendered:
    """GET AreasOfPractice."""
    return paged(call, list(call.books.areas.values()), area_json)


def activity_codes(call: Call) -> Rendered:
    """GET ActivityCodes."""
    return paged(call, list(call.books.activity_codes.values()), activity_code_json)


def features(call: Call) -> list[Rendered]:
    """GET Features: an array without pages, as its sample is."""
    return features_json(call.books)


def posting_references(call: Call) -> Rendered:
    """GET PostingReferences."""
    return paged(call, list(call.books.posting_references.values()), posting_reference_json)


def bank_accounts(call: Call) -> Rendered:
    """GET BankAccounts?Type=. Raises Refused (400)."""
    kind = call.query.get("Type", "")
    if kind not in {"", OPERATING, TRUST}:
        raise malformed("Type", f"Type is {OPERATING} or {TRUST}.")
    accounts = call.books.bank_accounts.values()
    return paged(call, [account for account in accounts if kind in {"", account.type}], bank_account_json)
