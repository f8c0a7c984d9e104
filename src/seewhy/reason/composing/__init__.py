"""Reference and edit → query: what would follow from the edit, and what a video that shows it would contain."""
