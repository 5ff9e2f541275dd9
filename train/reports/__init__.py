"""What is written down: cards, the figures of a report, README's table of results, contact sheets."""
