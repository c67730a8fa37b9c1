"""Weather services, files and climate behind one protocol, and the best forecast made of them."""
