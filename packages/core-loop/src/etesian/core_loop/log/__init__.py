"""Loggers and how their records look."""
