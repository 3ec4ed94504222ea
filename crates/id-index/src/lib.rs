//! Which ids were seen within a window, and where.
