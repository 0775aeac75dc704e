"""Writes an invoice as a page: ``python invoice.py > invoice.html``.

Nothing of Etesian is needed for it but ``etesian-templates``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from etesian.templates import Loader

TEMPLATES = Path(__file__).parent / "templates"
# Name, amount, price of one in cents.
ITEMS = [("Kite <large>", 2, 4250), ("Line, 50 m", 3, 990)]


def money(cents: int) -> str:
    """Give an amount as a person writes it."""
    return f"{cents // 100}.{cents % 100:02} EUR"


def invoice(customer: str, items: list[tuple[str, int, int]]) -> bytes:
    """Give the page, encoded in UTF-8; what stands in it is escaped for HTML."""
    template = Loader(str(TEMPLATES)).load("invoice.html")
    return template.generate(customer=customer, items=items, money=money)


if __name__ == "__main__":
    sys.stdout.buffer.write(invoice("Smith & Daughters", ITEMS))
