"""The one way in which training says no."""


class TrainingError(Exception):
    """Carry a sentence for the person who started the training: what was expected and what was found."""
