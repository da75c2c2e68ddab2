"""Rankings as Markdown, CSV, LaTeX and HTML."""
