"""Read many pictures without a server: a folder on one machine, or any number of them on a cluster."""
