"""What people look at: one file a page, each drawn from values by pure functions, all in one frame."""
