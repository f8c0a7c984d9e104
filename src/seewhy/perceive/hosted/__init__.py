"""Specialists that ask a vision-language model at an endpoint."""
