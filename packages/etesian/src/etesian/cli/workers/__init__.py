"""The parent of the processes that serve, and what each of these is."""
