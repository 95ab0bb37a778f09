"""Procedural mathematics with exact answers, one kind of problem a file."""
