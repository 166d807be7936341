"""No law depends on how busy the machine is: hypothesis times neither an example nor its making."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

if settings.get_current_profile_name() == "default":
    settings.register_profile(
        "untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("untimed")
