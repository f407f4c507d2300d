"""What can be done with a language model without a window? A library and a command line that know no Qt."""
