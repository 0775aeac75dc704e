import subprocess
import sys

HEAVY = ("asyncio", "babel", "gettext", "csv", "logging", "socket", "ssl")


def test_importing_the_interface_loads_no_implementation():
    code = "import sys, etesian.i18n.interface; print(*sys.modules)"
    loaded = set(
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True
        ).stdout.split()
    )
    assert not loaded.intersection(HEAVY)
    own = {name for name in loaded if name.startswith("etesian.i18n")}
    assert own == {"etesian.i18n", "etesian.i18n.interface"}


def test_its_doors_lead_to_the_public_names():
    from etesian import i18n
    from etesian.i18n import interface

    assert interface.get_locale is i18n.get_locale
    assert interface.parse_accept_language is i18n.parse_accept_language
    assert interface.api is i18n
