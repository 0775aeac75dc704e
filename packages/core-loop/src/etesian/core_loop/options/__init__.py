"""Options of a program."""
