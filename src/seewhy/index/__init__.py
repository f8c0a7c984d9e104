"""4: components → candidates."""
