"""Frozen values that everyone speaks. Imports nothing else of seewhy."""
