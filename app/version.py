"""The version of the program, as it says itself and as its packages are called."""

VERSION = "1.8.0"
