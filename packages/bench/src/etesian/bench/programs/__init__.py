"""Hello-world servers: each module has ``serve(listening)``, a coroutine function.

It serves HTTP on a listening socket for as long as it is not cancelled, with
the access log off, as its own documentation says to. They are programs of a
user, and import Etesian and its peers as a user does.
"""
