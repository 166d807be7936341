"""What Podium remembers: SQLAlchemy Core tables behind ports of three methods or fewer."""
