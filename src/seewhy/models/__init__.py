"""Doors to models: text encoders and the registry of plug-ins."""
