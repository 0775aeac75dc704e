from __future__ import annotations

import subprocess
import sys


def _loaded_by(statement):
    program = f"import sys; before = set(sys.modules); {statement}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_the_interface_loads_nothing_heavy():
    loaded = _loaded_by("import etesian.streams.interface")
    assert not loaded & {"asyncio", "socket", "ssl", "selectors", "logging", "subprocess"}
    ours = {name for name in loaded if name.startswith("etesian.")}
    assert ours == {"etesian.streams", "etesian.streams.interface"}


def test_the_doors_lead_to_the_implementation():
    loaded = _loaded_by("from etesian.streams.interface import IOStream, TCPClient, TCPServer, api")
    assert {"etesian.streams.iostream", "etesian.streams.tcp_server"} <= loaded


def test_every_public_name_can_be_had():
    import etesian.streams

    assert dir(etesian.streams) == etesian.streams.__all__
    for name in etesian.streams.__all__:
        if name != "CaresResolver":
            assert getattr(etesian.streams, name) is not None
