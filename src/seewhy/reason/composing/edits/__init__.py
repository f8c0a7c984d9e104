"""What an edit does to what a twin knows, by rules: whom it means, what it changes, what follows, what stays."""
