"""What one linkage run did, for people who must rely on it: measured, put into a document, rendered, kept."""
