//! Applied by git: what the merge base with the default branch holds.
