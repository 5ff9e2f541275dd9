"""Other servers' contracts, for the clients that already speak them."""
