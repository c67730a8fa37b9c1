"""The embedded climate: normals per city, drawn weather years, fits to files of past years."""
