"""What is measured, one metric a file.  These run inside an engine's process."""
