"""What keeps the process going: fetching, handling, sending, ticking, stopping."""
