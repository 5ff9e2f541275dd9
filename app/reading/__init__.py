"""From pictures and a classifier to answers, alike for the server, for folders and for programs."""
