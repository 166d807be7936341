"""The example customer database."""

import sqlite3
from pathlib import Path

import pytest

from models.reference import crm, world

Rows = list[tuple[object, ...]]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return crm.build(tmp_path_factory.mktemp("crm") / "crm.db")


def ask(path: Path, query: str, *values: str) -> Rows:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.close()


def test_all_thousand_customers_have_orders(database: Path) -> None:
    assert ask(database, "SELECT count(*), min(customer_id), max(customer_id) FROM customers") == [
        (1000, "C-1000", "C-1999")
    ]
    query = (
        "SELECT count(*) FROM customers WHERE customer_id NOT IN (SELECT customer_id FROM orders)"
    )
    assert ask(database, query) == [(0,)]


def test_records_are_sentences_for_prompts(database: Path) -> None:
    query = "SELECT record FROM customer_snapshot WHERE customer_id = ? ORDER BY order_number"
    name = world.person(1042).name
    assert ask(database, query, "C-1042") == [
        (f"Customer C-1042 {name}. Order 4217 for a headset was returned on 3 May.",),
        (f"Customer C-1042 {name}. Order 90311 for a router was shipped on 9 June.",),
    ]


def test_an_unknown_customer_has_no_record(database: Path) -> None:
    assert ask(database, "SELECT record FROM customer_snapshot WHERE customer_id = ?", "C-9") == []


def test_order_numbers_are_those_of_the_world(database: Path) -> None:
    rows = ask(database, "SELECT order_number, product FROM orders")
    assert all(4 <= len(str(number)) <= 6 and str(number).isdigit() for number, _ in rows)
    assert {product for _, product in rows} == set(world.PRODUCTS)


def test_building_again_gives_the_same_rows(database: Path, tmp_path: Path) -> None:
    other = crm.build(tmp_path / "again.db")
    query = "SELECT * FROM customer_snapshot ORDER BY order_number"
    assert ask(other, query) == ask(database, query)
    assert ask(crm.build(other, seed=21), query) != ask(database, query)
