"""What-ifs: scenario files, the changes they make, plans side by side, drills."""
