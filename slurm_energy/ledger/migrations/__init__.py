"""Numbered SQL files, run once each and never edited afterwards; a change is a new number."""
