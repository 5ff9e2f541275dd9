"""From picture bytes to framed digits. Knows neither networks nor HTTP."""
