"""What makes and measures models; the product never imports it, and the image has none of it."""
