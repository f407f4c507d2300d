"""What do tables hold? Qt item models of merges and tokens, and the views that show them."""
