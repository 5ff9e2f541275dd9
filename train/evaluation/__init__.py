"""How good a trained network is on test digits, and a saved model on real-world pictures. Decides nothing."""
