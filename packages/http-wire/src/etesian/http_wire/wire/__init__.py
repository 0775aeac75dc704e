"""HTTP/1.1 as bytes in and values out: no socket, no loop, no clock (RFC 9112)."""
