"""Where a price comes from: the row, the installed data, or the dearest known."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest

from models.catalog import Price, builtin_catalog, load_catalog
from models.errors import InvalidConfig
from models.messages import Usage
from models.pricing import tariff_of
from models.strict_yaml import load, parse
from models.tariff import FREE, NANO
from tests.remote_cards import remote_card
from tests.scripted_world import card

NOW = 1_790_000_000.0  # 21 September 2026, 15:33 UTC
OPENAI = "https://api.openai.com/v1"


def test_every_row_outside_that_ships_has_a_price_in_the_installed_data() -> None:
    rows = [row for row in load_catalog([builtin_catalog()]) if not row.is_local and row.base_url]
    assert rows
    for row in rows:
        tariff = tariff_of(row, NOW)
        assert tariff.known, row.id
        assert tariff.checked, row.id


def test_a_rows_own_price_comes_first() -> None:
    row = remote_card(OPENAI, vendor_model="gpt-5.5")
    packaged = tariff_of(row, NOW)
    assert packaged.source == "genai-prices"
    assert packaged.cached is not None
    mine = remote_card(
        OPENAI, vendor_model="gpt-5.5", price={"in": 0.1, "out": "0.3", "checked": "2026-11-28"}
    )
    own = tariff_of(mine, NOW)
    assert (own.source, own.checked) == ("catalog", "2026-11-28")
    assert own.nano(Usage(1_000_000, 1_000_000)) == 4 * NANO // 10


def test_a_vendor_is_known_by_its_site_when_another_address_stands_in_for_it() -> None:
    there = tariff_of(remote_card(OPENAI, vendor_model="gpt-5.5"), NOW)
    stub = tariff_of(remote_card("http://127.0.0.1:9/v1", vendor_model="gpt-5.5"), NOW)
    assert stub == there


@pytest.mark.parametrize("site", ["openai", "nobody-knows"])
def test_an_unknown_model_is_the_dearest(site: str) -> None:
    unknown = tariff_of(remote_card("https://x.test/v1", vendor_model="brand-new", site=site), NOW)
    assert unknown.source == "dearest"
    for model in ("gpt-5.5", "gpt-4o", "o1"):
        known = tariff_of(remote_card(OPENAI, vendor_model=model), NOW)
        assert known.known
        assert unknown.output.base >= known.output.dearest()
        assert unknown.input.base >= known.input.dearest()


def test_prices_follow_the_time_of_day() -> None:
    row = remote_card("https://api.deepseek.com/v1", site="deepseek", vendor_model="deepseek-flash")
    noon, night = NOW, NOW - NOW % 86_400 + 2 * 3600
    assert tariff_of(row, night).output.base == 2 * tariff_of(row, noon).output.base


def test_a_local_model_is_free_unless_its_seconds_have_a_rate() -> None:
    assert tariff_of(card("mistral"), NOW) == FREE
    timed = tariff_of(card("mistral", price={"gpu_second": 0.0004}), NOW)
    assert timed.gpu_second == Decimal("0.0004")


@pytest.mark.parametrize(
    "text", ["{}", "{in: 1}", "{out: 1}", "{in: -1, out: 1}", "{in: 1, out: 1, checked: soon}",
             "{gpu_second: .nan}"]
)  # fmt: skip
def test_half_a_price_is_refused(text: str) -> None:
    with pytest.raises(InvalidConfig):
        parse(Price, load(text.encode(), "row"), "price")


def test_yaml_gives_exact_money_and_days() -> None:
    price = parse(Price, load(b"{in: 0.1, out: 0.3, checked: 2026-11-28}", "row"), "price")
    assert (price.input, price.output, price.checked) == (
        Decimal("0.1"), Decimal("0.3"), "2026-11-28",
    )  # fmt: skip


def test_the_data_are_read_only_when_a_price_is_asked_for() -> None:
    code = (
        "import sys, models.catalog as c\n"
        "from tests.remote_cards import remote_card\n"
        "row = remote_card('https://api.openai.com/v1')\n"
        "assert 'genai_prices' not in sys.modules\n"
        "row.tariff\n"
        "assert 'genai_prices' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=60)
