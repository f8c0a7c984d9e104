"""An answer made visible: in a terminal, as pictures with masks drawn, as a video, as a page, in a notebook."""
