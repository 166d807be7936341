"""Build the invented company's customer database, a seeded SQLite file.

One view, ``customer_snapshot``, holds each order as a sentence ready for a prompt.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from models.reference import world

SEED = 20
_START = date(2026, 1, 5)
_STATES = (
    "paid", "packed", "shipped", "delivered", "returned", "refunded", "cancelled",
)  # fmt: skip
_SCHEMA = """
CREATE TABLE customers (
    customer_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE,
    city TEXT NOT NULL,
    since TEXT NOT NULL
) STRICT;
CREATE TABLE orders (
    order_number TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers (customer_id),
    product TEXT NOT NULL,
    status TEXT NOT NULL,
    status_date TEXT NOT NULL,
    euros INTEGER NOT NULL CHECK (euros > 0)
) STRICT;
CREATE INDEX orders_by_customer ON orders (customer_id);
CREATE TABLE notes (
    number INTEGER PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers (customer_id),
    note TEXT NOT NULL
) STRICT;
CREATE VIEW customer_snapshot AS
SELECT c.customer_id, c.name, o.order_number, o.product, o.status, o.status_date, o.euros,
       'Customer ' || c.customer_id || ' ' || c.name || '. Order ' || o.order_number || ' for a '
       || o.product || ' was ' || o.status || ' on '
       || CAST(CAST(substr(o.status_date, 9, 2) AS INTEGER) AS TEXT) || ' '
       || CASE substr(o.status_date, 6, 2)
          {months}
          END || '.' AS record
FROM customers AS c JOIN orders AS o USING (customer_id);
"""
_CITIES = (
    "Aldbury", "Brookfield", "Castleton", "Dunmore", "Eastham", "Fairview", "Glenwood", "Harbor",
)  # fmt: skip


def _schema() -> str:
    whens = (f"WHEN '{index:02d}' THEN '{name}'" for index, name in enumerate(world.MONTHS, 1))
    return _SCHEMA.format(months="\n          ".join(whens))


def _customers(rng: random.Random) -> Iterator[tuple[str, str, str, str, str]]:
    for number in range(world.FIRST_CUSTOMER, world.LAST_CUSTOMER + 1):
        who = world.person(number)
        email = f"{who.name.lower().replace(' ', '.')}.{number}@example.com"
        since = date(rng.randint(2015, 2025), rng.randint(1, 12), rng.randint(1, 28))
        yield who.customer_id, who.name, email, rng.choice(_CITIES), since.isoformat()


def _orders(rng: random.Random) -> Iterator[tuple[str, str, str, str, str, int]]:
    taken: set[str] = set()
    for number in range(world.FIRST_CUSTOMER, world.LAST_CUSTOMER + 1):
        for product in rng.sample(world.PRODUCTS, rng.choice((1, 1, 2, 2, 3))):
            order = world.order_number(rng)
            while order in taken:
                order = world.order_number(rng)
            taken.add(order)
            day = _START + timedelta(days=rng.randrange(300))
            euros = rng.randint(9, 999)
            yield order, f"C-{number}", product, rng.choice(_STATES), day.isoformat(), euros


def _pinned(orders: list[tuple[str, str, str, str, str, int]]) -> None:
    """Give the customer of the examples the orders that the examples name."""
    orders[:] = [row for row in orders if row[0] not in {"4217", "90311"} and row[1] != "C-1042"]
    orders.append(("4217", "C-1042", "headset", "returned", "2026-05-03", 89))
    orders.append(("90311", "C-1042", "router", "shipped", "2026-06-09", 129))


def build(path: Path, seed: int = SEED) -> Path:
    """Write the database to ``path``, whole or not at all, replacing an older one.

    Raises ``OSError`` where the folder cannot be written.
    """
    rng = random.Random(f"crm {seed}")
    scratch = path.with_name(f"{path.name}.new")
    scratch.unlink(missing_ok=True)
    connection = sqlite3.connect(scratch)
    try:
        connection.executescript(_schema())
        customers, orders = list(_customers(rng)), list(_orders(rng))
        _pinned(orders)
        connection.executemany("INSERT INTO customers VALUES (?, ?, ?, ?, ?)", customers)
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?)", orders)
        connection.commit()
    finally:
        connection.close()
    os.replace(scratch, path)
    return path


def main() -> None:
    """Run the command line: ``python -m models.reference.crm PATH``."""
    parser = argparse.ArgumentParser(description="Build the example customer database.")
    parser.add_argument("path", type=Path)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    build(options.path, options.seed)


if __name__ == "__main__":
    main()
