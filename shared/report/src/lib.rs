//! Report specs and rendering to CSV, JSON and one self-contained HTML page.
