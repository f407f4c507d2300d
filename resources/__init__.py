"""What is bundled? Fonts, icons, a sample corpus and packaging files, found by `lmcore.paths.resource`."""
