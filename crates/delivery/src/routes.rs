//! The HTTP side: placeholder until the next commit.
