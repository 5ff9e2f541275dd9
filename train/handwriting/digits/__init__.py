"""How people around the world write each digit: one module a digit, every style a function and its share."""
