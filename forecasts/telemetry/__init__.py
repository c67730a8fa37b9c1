"""What a utility measures: tables of any shape in, cleaned series of stations and sources out."""
