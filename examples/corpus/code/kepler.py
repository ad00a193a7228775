"""Kepler's third law: how long a body takes around the Sun."""

import math

EARTH_YEAR_DAYS = 365.25


def orbital_period_days(distance_au: float) -> float:
    """The square of the period grows with the cube of the distance."""
    if distance_au <= 0:
        raise ValueError("a distance is greater than zero")
    return EARTH_YEAR_DAYS * math.sqrt(distance_au**3)


if __name__ == "__main__":
    for name, distance in [("Venus", 0.723), ("Mars", 1.524), ("Jupiter", 5.203)]:
        print(f"{name}: {orbital_period_days(distance):.0f} days")
