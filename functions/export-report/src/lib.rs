//! Renders one report and hands out links to it.
