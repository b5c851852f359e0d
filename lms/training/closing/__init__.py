"""What comes after the last session: what the class asked for, lessons made up, appeals, opinions, the archive package."""
