"""Pictures that the server draws as SVG: no script, colours from the style sheet, texts escaped."""
