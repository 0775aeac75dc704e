"""What browsers ask for: heads of some 600 octets, each for something else."""

from __future__ import annotations

from functools import partial

from etesian.bench.contender import Suite
from etesian.bench.served import delegates
from etesian.bench.wrk import HTTPLoad

# Sent by a browser of 2025 for a page it was led to by a link.
HEADERS = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en-GB,en;q=0.7,de;q=0.3",
    "Accept-Encoding": "identity",
    "Referer": "http://127.0.0.1/articles/2025/the-steady-wind",
    "Cookie": "session=2|1:0|10:1760000000|7:session|8:c2FpbG9y|0123456789abcdef; theme=dark",
    "Upgrade-Insecure-Requests": "1",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-User": "?1",
    "Priority": "u=0, i",
}

# A prime, so that no number of connections makes one of them ask for the same again soon.
TARGETS = 997

SUITE = Suite(
    title="Hello, world from a bare delegate, asked as browsers do, with heads of 600 octets",
    unit="request",
    baselines=("tornado, uvloop", "uvicorn, uvloop"),
    contenders=delegates(partial(HTTPLoad, headers=HEADERS, targets=TARGETS)),
)
