"""The exception of train/: its message is one sentence for the person who started the training."""


class TrainingError(Exception):
    """Carry a sentence for the person who started the training: what was expected and what was found."""
