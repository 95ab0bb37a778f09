"""Puzzles, one game a file."""
