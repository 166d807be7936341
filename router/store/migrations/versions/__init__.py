"""The migrations, in order; append only."""
