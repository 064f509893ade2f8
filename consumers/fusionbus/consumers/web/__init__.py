"""What people and programs open: sign-in, the HTTP API, the pages."""
