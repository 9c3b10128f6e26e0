"""Files that ask one question: each kind has its model and its reader here."""
