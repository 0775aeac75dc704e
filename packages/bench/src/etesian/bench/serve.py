"""What runs in the process of a server: ``python -m etesian.bench.serve PROGRAM``."""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import socket
from importlib import import_module


def main() -> None:
    """Serve with a program on a listening socket that was inherited, until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("program", help="a module of etesian.bench.programs")
    parser.add_argument("--fd", type=int, required=True, help="the listening socket")
    parser.add_argument("--core", type=int, required=True, help="the processor core to run on")
    parser.add_argument("--uvloop", action="store_true")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {arguments.core})
    allow_many_files()
    program = import_module(f"etesian.bench.programs.{arguments.program}")
    loop_factory = asyncio.new_event_loop
    if arguments.uvloop:
        loop_factory = import_module("uvloop").new_event_loop
    listening = socket.socket(fileno=arguments.fd)
    listening.setblocking(False)
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(program.serve(listening))


def allow_many_files() -> None:
    """Let this process have as many connections as the system allows it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    main()
