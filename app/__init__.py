"""What is on the screen? The Qt half of LM Explorer; the work itself is in lmcore."""
