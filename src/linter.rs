//! The entry: files and settings in, findings out. No disk, clock, environment or terminal.
