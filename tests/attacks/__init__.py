"""Hostile traffic against a proxy, judged from outside: what the client was answered, and what the
backend saw. `python3 -m attacks` runs all of it, also against other proxies; see docs/testing.md."""
