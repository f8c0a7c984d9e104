"""A small grammar of English: a question's words → what is said, of whom."""
