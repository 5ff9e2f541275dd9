"""How fast the server is, measured side by side with what it is compared to. Run by hand: make bench."""
