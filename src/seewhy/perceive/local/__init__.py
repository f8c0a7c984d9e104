"""Specialists whose models run on this machine. Need the extra [local]."""
