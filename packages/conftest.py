"""What holds for the tests of every package."""  # noqa: INP001  pytest imports it as a file

from __future__ import annotations

try:
    from hypothesis import HealthCheck, settings
except ImportError:
    pass  # the sessions that ask about the repository install none
else:
    # How long an example takes, or is looked for, says first of all how busy the machine is.
    slowness = [HealthCheck.too_slow]
    settings.register_profile("untimed", deadline=None, suppress_health_check=slowness)
    settings.load_profile("untimed")
