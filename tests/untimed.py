"""No law depends on how busy the machine is: hypothesis sets no deadline to an example."""

from __future__ import annotations

from hypothesis import settings

if settings.get_current_profile_name() == "default":
    settings.register_profile("untimed", deadline=None)
    settings.load_profile("untimed")
