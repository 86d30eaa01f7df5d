"""Measurements of whole commands, next to others' where there are any; nothing here passes or fails."""
