"""5: question → conditions, candidates → verdicts."""
