"""What runs a locustfile for Mayfly: the engine that answers the core, and what it stands on.

A file imports `locust` and `gevent`, which lie beside this package and are its other half: they say what a user
does, in Locust's words; this package decides when, in frames of messages from and to the core.
"""
