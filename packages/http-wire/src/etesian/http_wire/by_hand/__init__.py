"""HTTP/1.1 over a stream that somebody else has opened."""
