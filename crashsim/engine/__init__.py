"""Study -> Results on this machine, and the folders that results live in."""
