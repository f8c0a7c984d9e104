"""Datasets, measures, runs and reports."""
