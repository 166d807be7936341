"""What `podium doctor` looks at: each check says what it found and, if need be, the remedy."""
