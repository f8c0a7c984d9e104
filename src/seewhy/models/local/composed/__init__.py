"""Composed queries by a model that watches the video itself: what it says of it, and the states it said that in."""
