"""Runs tests/scenario/*.yaml; tests/scenario/README.md is the manual of the language."""
