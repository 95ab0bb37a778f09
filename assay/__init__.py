"""Assay: rewards you can trust, fast enough to train on."""
