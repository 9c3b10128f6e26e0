"""Groups of commands that ``cli`` collects; each imports the rooms it needs when it is called."""
