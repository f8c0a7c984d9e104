"""Twins from annotations: masks that somebody else has made become tracks, and the rest of the twin is perceived."""
