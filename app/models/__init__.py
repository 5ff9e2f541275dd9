"""Model folders, and what answers from them. Knows neither pictures nor HTTP."""
