"""What is written down: cards, the figures of a report, the table of results, contact sheets."""
