"""How a network learns: architectures, schedules, loops, checkpoints. Does not know which recipe is trained."""
