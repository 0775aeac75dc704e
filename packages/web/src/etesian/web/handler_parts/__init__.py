"""The request handler, by concern: each module holds the part that its name says."""
