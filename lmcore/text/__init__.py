"""What is a text, really? Its bytes, code points and graphemes, and why some bytes are no text."""
