"""3: what a twin says: geometry → relations → events, predicates, sentences, store."""
