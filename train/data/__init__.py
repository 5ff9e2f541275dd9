"""MNIST and Fashion-MNIST as arrays, the order of every epoch, and how digits are varied. Knows no networks."""
