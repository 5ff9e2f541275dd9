"""What is trained on what: every recipe as data, and the default model's own way."""
