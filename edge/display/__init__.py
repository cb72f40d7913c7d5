"""What people look at: a window, a page, a picture file."""
