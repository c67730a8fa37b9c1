"""The dispatch sheet 调度单: one workbook to read, print, sign and pin up (H §10)."""
