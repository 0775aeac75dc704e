"""What a stream is composed of, one concern a file."""
