"""The description of everything that is served."""
