"""Corrections: what people said that their digits are, in a database, and reading with them. No HTTP, no pages."""
