"""2: frames → twin: one small file per specialist, the builder, track linking."""
