"""``tornado.platform``: other event loops."""
