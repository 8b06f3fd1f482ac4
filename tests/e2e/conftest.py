"""Lets `pytest tests/e2e` find the harness without ctest's environment."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
