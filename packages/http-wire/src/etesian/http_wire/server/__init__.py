"""The I/O shell of the server: connections fed by transports."""
