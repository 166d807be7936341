"""Words around and inside names: titles, particles, and names that are common words as well."""

from __future__ import annotations

from typing import Final

TITLES: Final = frozenset(
    """mr mrs ms miss mx dr prof sir madam herr frau monsieur madame mme mlle sr sra senor senora
    signor signora dear hi hello hey""".split()  # noqa: SIM905 a list of sixty quotes is not read
)
PARTICLES: Final = frozenset(
    "van von der den de da di del della la le du bin ibn al el ter ten dos".split()  # noqa: SIM905
)
WORDS: Final = frozenset(
    """april august bill bishop brown chase church cook dale day dean drew faith field fisher ford
    forest frank gene grace grant gray green hall hill hope hunter ivory jack jean joy june king
    knight lane little long love major mark marsh mason may miles miller norm page park pat pearl
    pierce price rich rob rose ruby rusty said sky stone summer violet wall ward white will wood
    woods young""".split()  # noqa: SIM905 as above
)
"""Names that alone count with a capital only, or after a title."""
