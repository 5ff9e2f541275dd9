"""Ink that people might write: digits in many styles, non-digits of many kinds. Knows neither networks nor MNIST."""
