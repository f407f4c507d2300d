"""Which parts are pages made of? The reusable widgets; the sheet of components shows each in all its states."""
