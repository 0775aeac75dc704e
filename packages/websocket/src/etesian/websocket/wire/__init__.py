"""The WebSocket protocol itself: bytes in, events and bytes out, no socket and no loop.

``frames`` reads and writes single frames, ``messages`` joins them, ``deflate``
packs and unpacks them, ``close_codes`` says which codes may be sent,
``handshake`` opens the connection over HTTP/1.1, and ``protocol`` holds the
state of one side and puts the others together.
"""
