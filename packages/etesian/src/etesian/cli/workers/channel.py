"""What a worker tells its supervisor: messages of one octet on a socket pair.

The supervisor tells nothing that way. It holds the other end while it lives, so that its end is
the end of the stream.
"""

from __future__ import annotations

from typing import Final

# It serves.
READY: Final = b"R"
# It has served as many requests as it should, and wants a successor.
RETIRING: Final = b"L"
# Its loop turns.
ALIVE: Final = b"."
