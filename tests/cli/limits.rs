//! Revisions that would take memory, time or stack without end: each is judged as far as it goes, and so are the others.
