"""What ops run: one flow a file."""
