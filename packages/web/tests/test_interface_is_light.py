import subprocess
import sys

CHECK = """
import sys
import etesian.web.interface
heavy = {"asyncio", "socket", "ssl", "logging"} & set(sys.modules)
own = [m for m in sys.modules if m.startswith("etesian.web.") and m != "etesian.web.interface"]
assert not heavy and not own, (heavy, own)
"""


def test_importing_the_interface_loads_no_implementation():
    subprocess.run([sys.executable, "-c", CHECK], check=True)
