"""1: file → facts and frames with exact times."""
